"""Spam is refused or filed into Junk, by its score."""

import pytest

from tests.support.mail.message import GTUBE, PUSHY, letter, with_header

pytestmark = pytest.mark.core


def test_spam_over_the_reject_score_is_refused(spammer, alice, subject):
    """A message over the reject score is refused with 550."""
    message = letter("a@outside.test", alice.address, subject, GTUBE)

    reply = spammer.send(alice.address, message)

    assert reply.code == 550
    assert "5.7.1" in str(reply)


def test_spam_over_the_mark_score_is_delivered_to_junk(spammer, alice, subject):
    """A message between the two scores is delivered to Junk, with the reasons."""
    message = letter("a@outside.test", alice.address, subject, PUSHY)

    reply = spammer.send(alice.address, message)

    received = alice.receive(subject, folder="Junk")
    assert reply.code == 250
    assert received.all("X-Spam-Flag") == ["YES"]
    assert 5 <= float(received.all("X-Spam-Score")[0]) < 15
    assert received.all("X-Spam-Level")[0].startswith("*****")
    assert received.all("X-Spam-Status")[0].startswith("Yes, score=")


def test_mail_below_the_mark_score_is_delivered_to_inbox(spammer, alice, subject):
    """A message below the mark score is delivered to INBOX, with its score."""
    message = letter("a@outside.test", alice.address, subject)

    spammer.send(alice.address, message)

    received = alice.receive(subject)
    assert received.all("X-Spam-Flag") == []
    assert float(received.all("X-Spam-Score")[0]) < 5
    assert received.all("X-Spam-Status")[0].startswith("No, score=")


def test_forged_spam_headers_are_removed(spammer, alice, subject):
    """Forged X-Spam headers are removed, so a sender neither clears nor marks mail."""
    message = with_header(
        letter("a@outside.test", alice.address, subject),
        "X-Spam-Flag: YES",
        "X-Spam-Score: -100",
        "X-Spam-Status: No, score=-100",
        "X-Spam-Anything: at all",
    )

    spammer.send(alice.address, message)

    received = alice.receive(subject)
    assert received.all("X-Spam-Flag") == []
    assert received.all("X-Spam-Anything") == []
    assert len(received.all("X-Spam-Score")) == 1
    assert "-100" not in received.all("X-Spam-Status")[0]


def test_submitted_mail_is_not_scanned(alice, bob, subject):
    """Submitted mail is not scanned, so a user may forward spam to an abuse desk."""
    alice.send(bob.address, message=letter(alice.address, bob.address, subject, GTUBE))

    received = bob.receive(subject)

    assert received.all("X-Spam-Score") == []
