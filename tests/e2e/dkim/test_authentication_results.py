"""Incoming mail is never signed by us, and nobody can forge our verdicts."""

import re
import time
from base64 import b64encode

import pytest

from tests.support.mail.message import letter, with_header
from tests.support.server.server import HOSTNAME

pytestmark = pytest.mark.core


@pytest.mark.parametrize("sender", ["alice@example.test", "a@outside.test", ""])
def test_mail_on_port_25_is_never_signed(spammer, bob, subject, sender):
    """
    Mail on port 25 is never signed by us, even with a local author or as a bounce.

    By the DMARC policy that we publish, mail that forges our domain goes into Junk.
    """
    message = letter("alice@example.test", bob.address, subject)

    spammer.send(bob.address, message, sender)

    received = bob.receive(subject, folder="Junk")
    assert received.all("DKIM-Signature") == []
    (verdict,) = received.all("Authentication-Results")
    assert verdict.startswith(f"{HOSTNAME}; spf=")
    assert "; dkim=none" in verdict
    assert "; dmarc=fail (p=quarantine dis=quarantine from=unproven)" in verdict


def test_a_valid_signature_passes(stranger, alice, subject):
    """A valid DKIM signature is reported as pass, with the signing domain."""
    message = stranger.sign(letter(stranger.address, alice.address, subject))

    stranger.send(alice.address, message=message)

    (verdict,) = alice.receive(subject).all("Authentication-Results")
    assert verdict.startswith(f"{HOSTNAME}; spf=pass")
    assert "; dkim=pass" in verdict
    assert "header.d=outside.test" in verdict


def test_a_changed_message_fails_dkim(stranger, alice, subject):
    """A message that was changed after signing is delivered with dkim=fail."""
    message = stranger.sign(letter(stranger.address, alice.address, subject))

    stranger.send(alice.address, message=message.replace(b"tomorrow", b"next year"))

    (verdict,) = alice.receive(subject).all("Authentication-Results")
    assert "; dkim=fail" in verdict


def test_a_signature_without_a_published_key_does_not_pass(stranger, alice, subject):
    """
    A DKIM signature whose key is not published doesn't pass; the mail is delivered.
    """
    message = stranger.sign(letter(stranger.address, alice.address, subject))

    stranger.send(alice.address, message=message.replace(b"s=stranger", b"s=missing"))

    (verdict,) = alice.receive(subject).all("Authentication-Results")
    assert re.search("; dkim=(permerror|neutral|fail)", verdict)


@pytest.mark.parametrize(
    "forged",
    [
        "mail.example.test; dkim=pass header.d=bank.test",
        "MAIL.EXAMPLE.TEST; dkim=pass header.d=bank.test",
        '"mail.example.test"; dkim=pass header.d=bank.test',
        "mail.example.test 1; dkim=pass header.d=bank.test",
        "(c) mail.example.test; dkim=pass header.d=bank.test",
        "mail.example.test; dkim=pass header.d=bank.test; ;;(",
        "mail.example.test; dkim=pass header.d=bänk.test",
        "other.test; dkim=pass header.d=bank.test",
    ],
)
def test_a_forged_authentication_results_header_is_removed(
    spammer, bob, subject, forged
):
    """A forged Authentication-Results header with our name is removed."""
    message = letter("a@outside.test", bob.address, subject)
    message = with_header(message, *[f"Authentication-Results: {forged}"] * 3)

    spammer.send(bob.address, message)

    (verdict,) = bob.receive(subject).all("Authentication-Results")
    assert verdict.startswith(f"{HOSTNAME}; spf=")
    assert "; dkim=none" in verdict
    assert "bank.test" not in verdict


@pytest.mark.parametrize(
    "forged",
    [
        "ARC-Authentication-Results: i=1; {}",
        "ARC-Authentication-Results: i=1;\n {}",
        "Comments: =?utf-8?Q?x=0AAuthentication-Results:_{}?=",
        "Comments: =?utf-8?B?{}?=",
        "Received-SPF: pass",
        "Comments: =?utf-8?Q?x=0AReceived-SPF:_pass?=",
    ],
)
def test_a_forged_verdict_does_not_sway_spamassassin(spammer, bob, subject, forged):
    """A forged verdict in another or an encoded header doesn't sway SpamAssassin."""
    passed = f"{HOSTNAME}; spf=pass; dkim=pass; dmarc=pass"
    if "?B?" in forged:
        header = f"x\r\nAuthentication-Results: {passed}\r\n"
        passed = b64encode(header.encode()).decode()
    elif "?Q?" in forged:
        passed = passed.replace("=", "=3D").replace(" ", "_")
    message = letter("a@outside.test", bob.address, subject)

    spammer.send(bob.address, with_header(message, forged.format(passed)))

    (status,) = bob.receive(subject).all("X-Spam-Status")
    assert not re.search("SPF_PASS|DKIM_VALID|DMARC_PASS", status)


def test_thousands_of_dkim_signatures_are_answered_soon(spammer, bob, subject):
    """
    A message with thousands of DKIM signatures is answered within ten seconds, for
    good.
    """
    fake = "DKIM-Signature: v=1; a=rsa-sha256; d=outside.test; s=x; h=from; bh=eA==; b="
    message = letter("a@outside.test", bob.address, subject)
    message = with_header(message, *[f"{fake}{'A' * 60}"] * 3000)

    begin = time.monotonic()
    reply = spammer.send(bob.address, message)

    assert time.monotonic() - begin < 10
    assert reply.code // 100 in (2, 5)
