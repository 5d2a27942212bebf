"""What becomes of forged mail when the operator asks for less than its owner does."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from .configuration import settings
from .message import letter
from .project import Project
from .wait import wait_until

# DMARC_POLICY, and what is done where the owner says quarantine or reject.
LESS = {"mark": "quarantine", "off": "none"}
FOLDERS = {"quarantine": "Junk", "none": "INBOX"}


@contextmanager
def verified_anew(project: Project) -> Iterator[None]:
    """Wait until dkim-verify has seen the change, by its own word."""
    begin = time.time()
    yield
    project.stack("init", "--yes")
    wait_until(
        lambda: "reloaded" in project.said("dkim-verify", begin),
        "a reload of dkim-verify",
        60,
    )


@pytest.fixture(scope="module", params=LESS)
def policy(server, request):
    """Have DMARC_POLICY say so for a while."""
    with ExitStack() as changes:
        with verified_anew(server.project):
            wanted = settings(server.project, DMARC_POLICY=request.param)
            changes.enter_context(wanted)
        yield request.param
        with verified_anew(server.project):
            changes.close()


@pytest.mark.parametrize("wanted", ["quarantine", "reject"])
def test_an_operator_can_ask_for_less(spammer, policy, bob, subject, wanted):
    """With mark it goes into Junk, with off it only has the verdict in its header."""
    author = f"someone@{wanted}.dmarc.test"

    reply = spammer.send(bob.address, letter(author, bob.address, subject))

    assert reply.code == 250, reply
    received = bob.receive(subject, folder=FOLDERS[LESS[policy]])
    (header,) = received.all("Authentication-Results")
    assert f"dmarc=fail (p={wanted} dis={LESS[policy]} from=unproven)" in header


@pytest.mark.usefixtures("policy")
def test_what_can_not_be_proven_yet_does_not_wait(spammer, stranger, bob, subject):
    """Nothing would be refused that a later attempt could prove to be right."""
    message = letter("someone@big.test", bob.address, subject)

    reply = spammer.send(bob.address, stranger.sign(message, "lame.big.test"))

    assert reply.code == 250, reply
