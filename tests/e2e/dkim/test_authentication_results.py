"""Incoming mail is never signed by us, and nobody can forge our verdicts."""

import re
import time
from base64 import b64encode

import pytest

from tests.support.mail.message import letter, with_header
from tests.support.server.server import HOSTNAME

pytestmark = pytest.mark.core


@pytest.mark.parametrize("sender", ["alice@example.test", "a@outside.test", ""])
def test_a_forger_does_not_get_our_signature(spammer, bob, subject, sender):
    """
    Mail on port 25 is never signed, even if it says that alice wrote it.

    Nor if it comes as a bounce does: only our own bounces are signed. By the policy
    that we publish it goes into Junk.
    """
    message = letter("alice@example.test", bob.address, subject)

    spammer.send(bob.address, message, sender)

    received = bob.receive(subject, folder="Junk")
    assert received.all("DKIM-Signature") == []
    (verdict,) = received.all("Authentication-Results")
    assert verdict.startswith(f"{HOSTNAME}; spf=")
    assert "; dkim=none" in verdict
    assert "; dmarc=fail (p=quarantine dis=quarantine from=unproven)" in verdict


def test_a_good_signature_is_told_to_the_reader(stranger, alice, subject):
    """Our verdict names the domain whose signature holds."""
    message = stranger.sign(letter(stranger.address, alice.address, subject))

    stranger.send(alice.address, message=message)

    (verdict,) = alice.receive(subject).all("Authentication-Results")
    assert verdict.startswith(f"{HOSTNAME}; spf=pass")
    assert "; dkim=pass" in verdict
    assert "header.d=outside.test" in verdict


def test_a_bad_signature_is_told_to_the_reader(stranger, alice, subject):
    """A text that was changed on the way is delivered, with the verdict fail."""
    message = stranger.sign(letter(stranger.address, alice.address, subject))

    stranger.send(alice.address, message=message.replace(b"tomorrow", b"next year"))

    (verdict,) = alice.receive(subject).all("Authentication-Results")
    assert "; dkim=fail" in verdict


def test_a_signature_without_a_public_key_is_worth_nothing(stranger, alice, subject):
    """A signature whose key nobody published doesn't pass, and does no harm."""
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
def test_a_forged_verdict_does_not_arrive(spammer, bob, subject, forged):
    """What claims to be our verdict is taken off, however often it is there."""
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
def test_a_forged_verdict_does_not_move_the_filter(spammer, bob, subject, forged):
    """What would be our verdict elsewhere, or once decoded, is no proof to it."""
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


def test_thousands_of_signatures_cost_nothing(spammer, bob, subject):
    """A message made to keep the verifier busy is answered for good, and soon."""
    fake = "DKIM-Signature: v=1; a=rsa-sha256; d=outside.test; s=x; h=from; bh=eA==; b="
    message = letter("a@outside.test", bob.address, subject)
    message = with_header(message, *[f"{fake}{'A' * 60}"] * 3000)

    begin = time.monotonic()
    reply = spammer.send(bob.address, message)

    assert time.monotonic() - begin < 10
    assert reply.code // 100 in (2, 5)
