"""A message made to keep the filter busy costs a bounded time, and nobody's mail."""

from time import monotonic

import pytest

from .bombs import BOMBS, html
from .configuration import await_applied
from .mailbox import Received
from .message import blank, letter
from .reload import with_settings
from .wait import wait_until

TIME_LIMIT = 5
"""Seconds: the least that SPAM_TIME_LIMIT may be."""
ON_THE_WAY = 10
"""Seconds that the way there and back may take."""
MEMORY = "/sys/fs/cgroup/memory"

CORE = (html,)


@pytest.fixture(scope="module", autouse=True)
def time_limit(server):
    """Have no message take longer than it need for these tests."""
    project = server.project
    with with_settings(project, SPAM_TIME_LIMIT=str(TIME_LIMIT)):
        await_applied(project, "spamassassin")
        yield
    await_applied(project, "spamassassin")


@pytest.mark.provokes("postfix", "MIME nesting exceeds safety limit")
@pytest.mark.provokes("spamassassin", "uninitialized value .score")
@pytest.mark.parametrize(
    "bomb",
    [pytest.param(b, marks=pytest.mark.core if b in CORE else ()) for b in BOMBS],
)
def test_a_bomb_is_judged_or_put_off_in_time(server, spammer, alice, subject, bomb):
    """There is an answer within the time limit, and the next message is taken."""
    project = server.project
    before = killed(project)
    message = bomb(blank(alice.address, subject))
    began = monotonic()

    reply = spammer.send(alice.address, message)

    took = monotonic() - began
    following = letter("a@outside.test", alice.address, f"next {subject}")
    began = monotonic()
    assert spammer.send(alice.address, following).code == 250
    assert monotonic() - began < 10
    assert reply.code in (250, 451, 550)
    if reply.code == 250:
        assert found(alice, subject).all("X-Spam-Score")
    assert took < TIME_LIMIT + ON_THE_WAY
    assert killed(project) == before
    assert alice.receive(f"next {subject}").all("X-Spam-Score")


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
