"""
Bounces and other notices have the standard form, are signed, and reveal nothing
internal.
"""

import pytest

from tests.support.clients.submission import logged_in
from tests.support.dkim.signatures import records_to_publish, signatures
from tests.support.mail.message import letter
from tests.support.mail.notifications import notice

pytestmark = pytest.mark.core

# Internal names, which only the operator should see.
INTERNAL = (
    b"/run/",
    b"sockets",
    b"lmtp:",
    b"dovecot",
    b"/live",
    b"milter",
    b"dkim-sign",
)


@pytest.fixture
def nobody(subject) -> str:
    """Return an address that the other server doesn't know."""
    return f"nobody-{subject.split()[-1]}@outside.test"


def hand_in(session, sender: str, recipients: dict[str, str], subject: str, mail=""):
    """Submit a letter to *recipients*, each with its own parameters to RCPT."""
    session.say(f"MAIL FROM:<{sender}>{mail}")
    for address, parameters in recipients.items():
        assert session.say(f"RCPT TO:<{address}> {parameters}".rstrip()).code == 250
    reply = session.transmit(letter(sender, next(iter(recipients)), subject))
    assert reply.code == 250, reply


def test_a_bounce_is_signed_and_in_the_standard_format(
    server, alice, bob, nobody, subject
):
    """
    A bounce is a signed report in the standard format, with the headers only.

    It has a null sender (RFC 3464, 3834). The postmaster gets a copy.
    """
    records = records_to_publish(server)
    bob.send(nobody, subject)

    bounce = notice(bob, subject, "Action: failed")
    copy = notice(alice, subject, "Action: failed")

    types = [part.get_content_type() for part in bounce.parts]
    assert types == ["text/plain", "message/delivery-status", "text/rfc822-headers"]
    assert bounce.all("Return-Path") == ["<>"]
    assert bounce.all("Auto-Submitted") == ["auto-replied"]
    assert bounce.outcome == {nobody: "failed"}
    assert bounce.fields[0]["Reporting-MTA"] == "dns; mail.example.test"
    assert b"Until tomorrow" not in bounce.raw
    assert len(bounce.raw) < 20_000
    assert copy.message["Subject"] == "Postmaster Copy: Undelivered Mail"
    for each in (bounce, copy):
        # A pair for each form: Postfix labels its notices as 8-bit, whatever they hold.
        found = [(s.domain, s.valid) for s in signatures(each, records)]
        assert found == [("example.test", True)] * 2 + [("example.test", False)] * 2


def test_a_local_sender_may_request_notifications(
    alice, bob, stranger, nobody, subject
):
    """
    A local sender gets the notifications requested by NOTIFY (RFC 3461), and no others.

    For recipients here and elsewhere; they carry ENVID and ORCPT.
    """
    with logged_in(bob) as session:
        recipients = {
            alice.address: "NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;Alice+2B@old.test",
            stranger.address: "NOTIFY=SUCCESS",
            nobody: "NOTIFY=NEVER",
            f"x{nobody}": "NOTIFY=FAILURE,DELAY",
        }
        hand_in(session, bob.address, recipients, subject, " RET=HDRS ENVID=Order+2B7")

    success = notice(bob, subject, "Action: relayed")
    elsewhere = notice(bob, subject, "mx.outside.test", "Action: delivered")
    failure = notice(bob, subject, "Action: failed")

    assert success.outcome == {alice.address: "relayed"}
    assert elsewhere.outcome == {stranger.address: "delivered"}
    assert failure.outcome == {f"x{nobody}": "failed"}
    assert success.fields[0]["Original-Envelope-Id"] == "Order+7"
    assert success.fields[1]["Original-Recipient"] == "rfc822;Alice+@old.test"
    assert b"Until tomorrow" not in success.raw


def test_notifications_show_no_internal_names(server, alice, bob, nobody, subject):
    """Notifications show no path, socket, container or address of our network."""
    inner = server.project.networks("postfix")
    own = [network["IPAddress"].encode() for network in inner.values()]
    with logged_in(bob) as session:
        hand_in(
            session,
            bob.address,
            {alice.address: "NOTIFY=SUCCESS", nobody: "NOTIFY=FAILURE"},
            subject,
        )

    for action in ("Action: relayed", "Action: failed"):
        raw = notice(bob, subject, action).raw
        shown = raw[raw.index(b"This is the mail system") :]
        assert [word for word in (*INTERNAL, *own) if word in shown] == []


def test_port_25_offers_no_dsn(spammer, alice):
    """Port 25 doesn't offer DSN, and refuses its parameters."""
    with spammer.session() as session:
        assert "DSN" not in session.ehlo().keywords
        session.say("MAIL FROM:<a@outside.test>")
        reply = session.say(f"RCPT TO:<{alice.address}> NOTIFY=SUCCESS")

    assert 500 <= reply.code < 600
