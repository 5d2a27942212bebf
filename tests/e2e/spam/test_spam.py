"""Spam is refused or filed into Junk, by its score."""

import pytest

from tests.support.mail.message import GTUBE, PUSHY, letter, with_header

pytestmark = pytest.mark.core


def test_certain_spam_is_refused(spammer, alice, subject):
    """Over the reject score the answer is 550 while the sender still listens."""
    message = letter("a@outside.test", alice.address, subject, GTUBE)

    reply = spammer.send(alice.address, message)

    assert reply.code == 550
    assert "5.7.1" in str(reply)


def test_likely_spam_lands_in_junk(spammer, alice, subject):
    """Between the scores a message is delivered to Junk, with the reasons."""
    message = letter("a@outside.test", alice.address, subject, PUSHY)

    reply = spammer.send(alice.address, message)

    received = alice.receive(subject, folder="Junk")
    assert reply.code == 250
    assert received.all("X-Spam-Flag") == ["YES"]
    assert 5 <= float(received.all("X-Spam-Score")[0]) < 15
    assert received.all("X-Spam-Level")[0].startswith("*****")
    assert received.all("X-Spam-Status")[0].startswith("Yes, score=")


def test_honest_mail_lands_in_the_inbox_with_its_score(spammer, alice, subject):
    """What isn't marked shows its score, too, and is not called spam."""
    message = letter("a@outside.test", alice.address, subject)

    spammer.send(alice.address, message)

    received = alice.receive(subject)
    assert received.all("X-Spam-Flag") == []
    assert float(received.all("X-Spam-Score")[0]) < 5
    assert received.all("X-Spam-Status")[0].startswith("No, score=")


def test_a_forged_score_does_not_arrive(spammer, alice, subject):
    """A stranger neither clears his own mail nor marks another's."""
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


def test_what_users_send_is_not_scanned(alice, bob, subject):
    """A user may forward a piece of spam, to the abuse desk for example."""
    alice.send(bob.address, message=letter(alice.address, bob.address, subject, GTUBE))

    received = bob.receive(subject)

    assert received.all("X-Spam-Score") == []
