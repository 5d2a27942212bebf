"""Outgoing mail is signed with both DKIM keys of its author's domain."""

import re

import aiosmtplib
import pytest

from tests.support.dkim.signatures import (
    Signature,
    records_to_publish,
    signatures,
    verify_with_mail_dkim,
)
from tests.support.mail.mailbox import Mailbox, Received
from tests.support.mail.message import letter, with_header, without_header
from tests.support.mail.notifications import notice
from tests.support.server.accounts import add_domains, open_account
from tests.support.wait import wait_until

pytestmark = pytest.mark.core

BOTH = ("rsa-sha256", "ed25519-sha256")


def both_valid(domain: str) -> set[Signature]:
    """Return the signatures of a message of *domain*: one by each key, valid."""
    return {Signature(domain, algorithm, valid=True) for algorithm in BOTH}


@pytest.fixture(scope="module")
def records(server, carol) -> dict[str, str]:
    """Read the DNS records that the operator is told to publish, of both domains."""
    return records_to_publish(server)


@pytest.mark.parametrize("port", [587, 465])
def test_both_signatures_verify_against_the_published_records(
    alice, stranger, records, subject, port
):
    """
    Both DKIM signatures verify at another server, by the records of `stack dns show`.
    """
    alice.send(stranger.address, subject, port=port)

    received = stranger.receive(subject)

    assert set(signatures(received, records)) == both_valid("example.test")


def test_another_library_verifies_the_signatures(
    server, alice, stranger, records, subject
):
    """A second DKIM library finds both signatures valid, and those of a forgery not."""
    alice.send(stranger.address, subject)
    received = stranger.receive(subject)
    forged = Received(received.raw.replace(b"tomorrow", b"next year"))

    verdicts = verify_with_mail_dkim(server, received, records)
    warning = verify_with_mail_dkim(server, forged, records)

    assert verdicts == {f"{algorithm} pass" for algorithm in BOTH}
    assert {" ".join(verdict.split()[:2]) for verdict in warning} == {
        f"{algorithm} fail" for algorithm in BOTH
    }


def test_each_domain_signs_its_own_mail(carol, stranger, records, subject):
    """Mail of a second domain has that domain's signatures, and no other."""
    carol.send(stranger.address, subject)

    received = stranger.receive(subject)

    assert set(signatures(received, records)) == both_valid("second.test")


def test_a_new_domain_is_signed_without_a_restart(server, alice, stranger, subject):
    """After `stack domain add`, the new domain's mail is signed without a restart."""
    add_domains(server.project, "later.test")
    dave = open_account(server, "dave@later.test")

    wait_until(lambda: _sent(dave, stranger.address, subject), "signed mail of dave")

    received = stranger.receive(subject)
    assert set(signatures(received, records_to_publish(server))) == both_valid(
        "later.test"
    )


def test_mail_between_local_users_is_signed(alice, bob, records, subject):
    """Mail between local users is signed, too, as it may be forwarded one day."""
    alice.send(bob.address, subject)

    received = bob.receive(subject)

    assert set(signatures(received, records)) == both_valid("example.test")


def test_a_changed_message_does_not_verify(alice, stranger, records, subject):
    """A change of the text or of the subject breaks both signatures."""
    alice.send(stranger.address, subject)
    received = stranger.receive(subject)

    for old, new in (b"tomorrow", b"next year"), (subject.encode(), b"Urgent"):
        changed = Received(received.raw.replace(old, new))
        assert [found.valid for found in signatures(changed, records)] == [False] * 2


def test_an_added_visible_header_breaks_the_signatures(
    alice, stranger, records, subject
):
    """A second From, To, Subject or Date breaks both signatures (RFC 6376, 8.15)."""
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
def test_an_author_in_any_form_is_signed(alice, stranger, records, subject, author):
    """
    Mail is signed however its From: writes the address: capitals, names, brackets.
    """
    message = letter(alice.address, stranger.address, subject)
    message = re.sub(rb"^From: .*", f"From: {author}".encode(), message, flags=re.M)

    alice.send(stranger.address, message=message)

    received = stranger.receive(subject)
    assert set(signatures(received, records)) == both_valid("example.test")


def test_a_message_with_utf_8_headers_is_signed(alice, stranger, records, subject):
    """A message with UTF-8 headers (RFC 6532) has signatures that verify."""
    message = letter(alice.address, stranger.address, subject)
    message = message.replace(b"Subject: ", "Subject: Grüße aus Köln, ".encode())
    message = with_header(message, "X-Name: Zoë")

    alice.send(stranger.address, message=message, options=["SMTPUTF8", "BODY=8BITMIME"])

    received = stranger.receive(subject)
    assert set(signatures(received, records)) == both_valid("example.test")


def test_missing_date_and_message_id_are_added_before_signing(
    alice, stranger, records, subject
):
    """
    A submitted message without Date and Message-ID gets both, and then its signatures.

    RFC 6409, section 8.
    """
    message = letter(alice.address, stranger.address, subject)
    message = without_header(without_header(message, "Date"), "Message-ID")

    alice.send(stranger.address, message=message)

    received = stranger.receive(subject)
    assert received.message["Date"]
    assert "@mail.example.test>" in received.message["Message-ID"]
    assert set(signatures(received, records)) == both_valid("example.test")


def test_our_own_bounces_are_signed(alice, records, subject):
    """
    A bounce that this server writes is signed, so it can be told from a forged one.

    It quotes the headers of the message, and not its text.
    """
    unknown = f"{subject.split()[-1]}@outside.test"
    alice.send(unknown, subject)

    # Not the copy to the postmaster, which alice gets, too.
    bounce = notice(alice, unknown, "Undelivered Mail Returned to Sender")

    assert bounce.all("Return-Path") == ["<>"]
    assert b"Until tomorrow" not in bounce.raw
    # There are others for the recoded form, as Postfix labels its notices as 8-bit.
    holding = {each for each in signatures(bounce, records) if each.valid}
    assert holding == both_valid("example.test")


def _sent(sender: Mailbox, to: str, subject: str) -> bool:
    """
    Say whether a message is accepted, which it isn't before the signer has the key.
    """
    try:
        sender.send(to, subject)
    except aiosmtplib.SMTPDataError as refused:
        if refused.code != 451:
            raise
        return False
    return True
