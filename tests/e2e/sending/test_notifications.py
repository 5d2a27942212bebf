"""
Bounces and other notices have the standard form, are signed, and reveal nothing
internal.
"""

import pytest

from tests.support.clients.submission import logged_in
from tests.support.mail.dkim_signatures import published, signatures
from tests.support.mail.message import letter
from tests.support.mail.notifications import notice

pytestmark = pytest.mark.core

# What is nobody's business but the operator's.
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
    """Make up an address that the other server doesn't know."""
    return f"nobody-{subject.split()[-1]}@outside.test"


def hand_in(session, sender: str, recipients: dict[str, str], subject: str, mail=""):
    """Submit a letter to *recipients*, each with its own parameters to RCPT."""
    session.say(f"MAIL FROM:<{sender}>{mail}")
    for address, parameters in recipients.items():
        assert session.say(f"RCPT TO:<{address}> {parameters}".rstrip()).code == 250
    reply = session.transmit(letter(sender, next(iter(recipients)), subject))
    assert reply.code == 250, reply


def test_a_bounce_is_small_signed_and_of_the_standard_form(
    server, alice, bob, nobody, subject
):
    """
    A user whose mail comes back gets a report that people and programs can read.

    It says who sent it, quotes only the headers of the mail, is signed for our
    domain, and answers nobody (RFC 3464, 3834). The postmaster gets a copy.
    """
    records = published(server)
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


def test_users_may_ask_for_notices(alice, bob, stranger, nobody, subject):
    """
    A user gets the notices asked for in RFC 3461, and none that he declined.

    For recipients here and elsewhere; they carry what the user gave along.
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


def test_notices_show_nothing_of_how_we_are_built(server, alice, bob, nobody, subject):
    """No path, socket, container or address in our network is in a notice."""
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


def test_a_stranger_can_not_ask_for_notices(spammer, alice):
    """On port 25 the extension is not offered, and its parameters are refused."""
    with spammer.session() as session:
        assert "DSN" not in session.ehlo().keywords
        session.say("MAIL FROM:<a@outside.test>")
        reply = session.say(f"RCPT TO:<{alice.address}> NOTIFY=SUCCESS")

    assert 500 <= reply.code < 600
