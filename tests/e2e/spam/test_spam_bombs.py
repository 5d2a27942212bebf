"""
The scan of a message made to be slow ends at a time limit, and other mail goes on.
"""

from time import monotonic

import pytest

from tests.support.configuration.reload import with_settings
from tests.support.configuration.templates import await_applied
from tests.support.mail.mailbox import Received
from tests.support.mail.message import blank, letter
from tests.support.spam.bombs import beside_each_other, html, nested, texts, zipped
from tests.support.wait import wait_until

ON_THE_WAY = 10
"""Seconds that the way there and back may take."""
USUAL_LIMIT = 30
"""SPAM_TIME_LIMIT, if nothing else is said."""
LEAST_LIMIT = 5
"""The least that it may be."""
MEMORY = "/sys/fs/cgroup/memory"


@pytest.mark.core
@pytest.mark.parametrize("bomb", [nested, beside_each_other, zipped])
def test_a_bomb_is_answered_within_the_time_limit(
    server, spammer, alice, subject, bomb
):
    """
    A message bomb is answered within the time limit, and the next message is accepted.
    """
    message = bomb(blank(alice.address, subject))

    assert answered(server.project, spammer, alice, subject, message) < USUAL_LIMIT


@pytest.fixture(scope="module")
def least_limit(server):
    """Have the least time limit that may be set."""
    project = server.project
    with with_settings(project, SPAM_TIME_LIMIT=str(LEAST_LIMIT)):
        await_applied(project, "spamassassin")
        yield
    await_applied(project, "spamassassin")


@pytest.mark.provokes("spamassassin", "uninitialized value .score")
@pytest.mark.parametrize("bomb", [html, texts])
def test_spam_time_limit_ends_a_long_scan(
    least_limit, server, spammer, alice, subject, bomb
):
    """SPAM_TIME_LIMIT ends the scan of a message that would take longer."""
    message = bomb(blank(alice.address, subject))
    longest = LEAST_LIMIT + ON_THE_WAY

    assert answered(server.project, spammer, alice, subject, message) < longest


def answered(project, spammer, alice, subject, message) -> float:
    """
    Send a *message* about *subject*, and return after how many seconds it is answered.

    Whatever becomes of it, the next one is taken, and the filter lives.
    """
    before = killed(project)
    began = monotonic()

    reply = spammer.send(alice.address, message)

    took = monotonic() - began
    following = letter("a@outside.test", alice.address, f"next {subject}")
    began = monotonic()
    assert spammer.send(alice.address, following).code == 250
    assert monotonic() - began < ON_THE_WAY
    assert reply.code in (250, 451, 550)
    if reply.code == 250:
        assert found(alice, subject).all("X-Spam-Score")
    assert killed(project) == before
    assert alice.receive(f"next {subject}").all("X-Spam-Score")
    return took


def found(reader, subject: str) -> Received:
    """The message, in the folder where the filter's verdict has put it."""
    folders = wait_until(
        lambda: [
            each for each in ("INBOX", "Junk") if subject in reader.subjects(each)
        ],
        f"{subject} in either folder",
    )
    return reader.receive(subject, folder=folders[0])


def killed(project) -> int:
    """How often the kernel has killed a process of the filter for its memory."""
    script = f"cat {MEMORY}.events {MEMORY}/memory.oom_control 2>&- || true"
    said = project.inside("spamassassin", "sh", "-c", script).decode()
    return int(said.split("oom_kill ")[1].split()[0])
