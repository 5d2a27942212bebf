"""Outgoing mail is signed with both DKIM keys of its author's domain."""

import re

import aiosmtplib
import pytest

from tests.support.mail.dkim_signatures import (
    Signature,
    published,
    second_opinion,
    signatures,
)
from tests.support.mail.mailbox import Mailbox, Received
from tests.support.mail.message import letter, with_header, without_header
from tests.support.mail.notifications import notice
from tests.support.server.accounts import add_domains, open_account
from tests.support.wait import wait_until

pytestmark = pytest.mark.core

BOTH = ("rsa-sha256", "ed25519-sha256")


def both_valid(domain: str) -> set[Signature]:
    """What a message from *domain* must bear: one signature by each of its keys."""
    return {Signature(domain, algorithm, valid=True) for algorithm in BOTH}


@pytest.fixture(scope="module")
def records(server, carol) -> dict[str, str]:
    """Read the DNS records that the operator is told to publish, of both domains."""
    return published(server)


@pytest.mark.parametrize("port", [587, 465])
def test_a_stranger_can_verify_what_alice_sends(
    alice, stranger, records, subject, port
):
    """
    Both signatures hold at another server against the records we tell to publish.
    """
    alice.send(stranger.address, subject, port=port)

    received = stranger.receive(subject)

    assert set(signatures(received, records)) == both_valid("example.test")


def test_a_second_judge_agrees(server, alice, stranger, records, subject):
    """
    Another library of another author finds both signatures good, and a forgery bad.
    """
    alice.send(stranger.address, subject)
    received = stranger.receive(subject)
    forged = Received(received.raw.replace(b"tomorrow", b"next year"))

    verdicts = second_opinion(server, received, records)
    warning = second_opinion(server, forged, records)

    assert verdicts == {f"{algorithm} pass" for algorithm in BOTH}
    assert {" ".join(verdict.split()[:2]) for verdict in warning} == {
        f"{algorithm} fail" for algorithm in BOTH
    }


def test_each_domain_signs_for_itself(carol, stranger, records, subject):
    """Mail of a second domain bears that domain's signatures and no other."""
    carol.send(stranger.address, subject)

    received = stranger.receive(subject)

    assert set(signatures(received, records)) == both_valid("second.test")


def test_a_domain_added_later_is_signed_for(server, alice, stranger, subject):
    """After `stack domain add` nothing else is needed for signed mail."""
    add_domains(server.project, "later.test")
    dave = open_account(server, "dave@later.test")

    wait_until(lambda: _taken(dave, stranger.address, subject), "signed mail of dave")

    received = stranger.receive(subject)
    assert set(signatures(received, published(server))) == both_valid("later.test")


def test_mail_between_users_is_signed(alice, bob, records, subject):
    """Mail that doesn't leave us is signed as well: it may be forwarded one day."""
    alice.send(bob.address, subject)

    received = bob.receive(subject)

    assert set(signatures(received, records)) == both_valid("example.test")


def test_a_changed_message_does_not_verify(alice, stranger, records, subject):
    """One word added to the text or to the subject, and both signatures are void."""
    alice.send(stranger.address, subject)
    received = stranger.receive(subject)

    for old, new in (b"tomorrow", b"next year"), (subject.encode(), b"Urgent"):
        changed = Received(received.raw.replace(old, new))
        assert [found.valid for found in signatures(changed, records)] == [False] * 2


def test_no_header_that_readers_see_can_be_added(alice, stranger, records, subject):
    """A second From, To, Subject or Date breaks the signatures (RFC 6376, 8.15)."""
    alice.send(stranger.address, subject)
    received = stranger.receive(subject)

    for header in ("From: a@b.test", "To: a@b.test", "Subject: x", "Date: today"):
        changed = Received(with_header(received.raw, header))
        found = [each.valid for each in signatures(changed, records)]
        assert found == [False] * 2, header


@pytest.mark.parametrize(
    "author",
    [
        "alice@EXAMPLE.TEST",
        '"Alice, Esq." <Alice@Example.Test>',
        "<alice@example.test>",
    ],
)
def test_her_address_may_be_written_in_any_way(
    alice, stranger, records, subject, author
):
    """Capitals, a name with a comma, brackets: the signature is there all the same."""
    message = letter(alice.address, stranger.address, subject)
    message = re.sub(rb"^From: .*", f"From: {author}".encode(), message, flags=re.M)

    alice.send(stranger.address, message=message)

    received = stranger.receive(subject)
    assert set(signatures(received, records)) == both_valid("example.test")


def test_headers_in_utf_8_are_signed_as_they_are(alice, stranger, records, subject):
    """A message with headers beyond ASCII (RFC 6532) bears signatures that hold."""
    message = letter(alice.address, stranger.address, subject)
    message = message.replace(b"Subject: ", "Subject: Grüße aus Köln, ".encode())
    message = with_header(message, "X-Name: Zoë")

    alice.send(stranger.address, message=message, options=["SMTPUTF8", "BODY=8BITMIME"])

    received = stranger.receive(subject)
    assert set(signatures(received, records)) == both_valid("example.test")


def test_what_every_message_should_have_is_added_before_signing(
    alice, stranger, records, subject
):
    """A device's mail without Date and Message-ID gets both (RFC 6409, 8)."""
    message = letter(alice.address, stranger.address, subject)
    message = without_header(without_header(message, "Date"), "Message-ID")

    alice.send(stranger.address, message=message)

    received = stranger.receive(subject)
    assert received.message["Date"]
    assert "@mail.example.test>" in received.message["Message-ID"]
    assert set(signatures(received, records)) == both_valid("example.test")


def test_our_own_bounces_are_signed(alice, records, subject):
    """
    A notice that alice's letter didn't arrive can be told from a forged one.

    It quotes the headers of her letter, and not what she wrote.
    """
    unknown = f"{subject.split()[-1]}@outside.test"
    alice.send(unknown, subject)

    # Not the postmaster's copy, which may be hers, too.
    bounce = notice(alice, unknown, "Undelivered Mail Returned to Sender")

    assert bounce.all("Return-Path") == ["<>"]
    assert b"Until tomorrow" not in bounce.raw
    # And others that hold where it is recoded, for Postfix labels its notices as 8-bit.
    holding = {each for each in signatures(bounce, records) if each.valid}
    assert holding == both_valid("example.test")


def _taken(sender: Mailbox, to: str, subject: str) -> bool:
    """Send, unless the key of the sender's domain is still on its way to the signer."""
    try:
        sender.send(to, subject)
    except aiosmtplib.SMTPDataError as refused:
        if refused.code != 451:
            raise
        return False
    return True
