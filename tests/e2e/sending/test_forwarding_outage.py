"""
While the service that rewrites senders (srs) is down or slow, no mail is lost.
"""

import time
from collections.abc import Iterator

import pytest

from tests.support.faults.services import hesitant, kill, paused, stopped
from tests.support.mail.message import letter, new_subject
from tests.support.mail.outgoing import longest_delay
from tests.support.mail.return_addresses import return_address
from tests.support.server.accounts import aliases
from tests.support.server.queue import Waiting, flush, waiting
from tests.support.wait import wait_until
from tests.support.world import OUTSIDE

AWAY = "away-from-here@example.test"
BOTH = "here-and-away@example.test"
MARKED = f"stranger@{OUTSIDE}.forwarded.invalid"

# What Postfix says while the service does not answer.
SILENT = (
    "srs/socket|sender_canonical_maps map lookup problem|queue file write error"
    "|451 4.3.5 <SRS0="
)


@pytest.fixture(scope="module", autouse=True)
def forwarding(server, bob, stranger) -> Iterator[None]:
    """Have aliases that lead away."""
    both = f"{bob.address} {stranger.address}"
    with aliases(server.project, **{AWAY: stranger.address, BOTH: both}):
        yield


def deferred(server) -> Waiting | None:
    """Return the mail that waits for its new sender, if it was tried."""
    return next((each for each in waiting(server.project, MARKED) if each.reason), None)


@pytest.mark.core
@pytest.mark.provokes("postfix", SILENT)
def test_while_the_rewriting_is_down_forwarded_mail_waits(
    server, spammer, bob, stranger, subject
):
    """
    While the service `srs` is down, mail to forward waits, and is forwarded once.

    Bounces to a rewritten sender are told to come again (451). Other mail flows.
    """
    project = server.project
    address = return_address(server, stranger.address)
    with stopped(project, "srs"):
        letter_away = letter(f"a@{OUTSIDE}", AWAY, subject)
        assert spammer.send(BOTH, letter_away, f"a@{OUTSIDE}").code == 250
        assert bob.receive(subject)
        found = wait_until(lambda: deferred(server), f"mail to {MARKED} that waits")
        with spammer.session() as session:
            session.say("MAIL FROM:<>")
            assert session.say(f"RCPT TO:<{address}>").code == 451
    flush(project)

    assert stranger.receive(subject).sender.startswith("SRS0=")
    assert "127.0.0.1" in found.reason
    assert waiting(project, MARKED) == []
    assert bob.subjects().count(subject) == 1


def test_while_the_rewriting_hangs_forwarded_mail_waits(
    server, spammer, alice, bob, stranger, subject
):
    """
    While the service `srs` hangs, mail to forward waits, and other mail flows.

    Postfix gives up after 100 seconds and tries again, as when the service is down.
    """
    project = server.project
    text = letter(f"a@{OUTSIDE}", BOTH, subject)
    with paused(project, "srs"):
        assert spammer.send(BOTH, text, f"a@{OUTSIDE}").code == 250
        assert bob.receive(subject)
        meanwhile = new_subject()
        alice.send(stranger.address, meanwhile)
        assert stranger.receive(meanwhile)
        assert len(waiting(project, MARKED)) == 1

    assert stranger.receive(subject).sender.startswith("SRS0=")
    assert waiting(project, MARKED) == []


def test_while_the_rewriting_is_slow_forwarded_mail_goes_later(
    server, spammer, alice, bob, stranger, subject
):
    """
    While the service `srs` takes seconds, forwarded mail goes later, and is rewritten.

    Other mail waits for none of it.
    """
    project, begin = server.project, time.time()
    with hesitant(project, "srs", 4):
        for number in range(10):
            text = letter(f"a@{OUTSIDE}", BOTH, f"{number} {subject}")
            assert spammer.send(BOTH, text, f"a@{OUTSIDE}").code == 250
        alice.send(stranger.address, subject)
        assert stranger.receive(subject)
        for number in range(10):
            assert bob.receive(f"{number} {subject}")
            received = stranger.receive(f"{number} {subject}", 60)
            assert received.sender.startswith("SRS0=")

    # Not the 100 seconds after which Postfix gives up a try.
    assert 2 < longest_delay(project, MARKED, begin) < 60
    assert waiting(project, MARKED) == []


@pytest.mark.provokes("postfix", SILENT)
def test_no_forwarded_message_is_lost_when_the_rewriting_is_killed(
    server, spammer, bob, stranger, subject
):
    """
    Of ten messages that are forwarded while the service `srs` is killed, all arrive.
    """
    project = server.project
    for number in range(10):
        if number == 5:
            kill(project, "srs")
        text = letter(f"a@{OUTSIDE}", AWAY, f"{number} {subject}")
        assert spammer.send(AWAY, text, f"a@{OUTSIDE}").code == 250
    project.wait_for("healthy", "srs")
    flush(project)

    for number in range(10):
        received = stranger.receive(f"{number} {subject}")
        assert received.sender.startswith("SRS0=")
    assert waiting(project, MARKED) == []
