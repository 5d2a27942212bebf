"""An operator can soften what happens to mail that fails DMARC."""

import pytest

from tests.support.configuration.templates import await_applied, settings
from tests.support.mail.message import letter

# DMARC_POLICY, and what is done where the owner says quarantine or reject.
LESS = {"mark": "quarantine", "off": "none"}
FOLDERS = {"quarantine": "Junk", "none": "INBOX"}


@pytest.fixture(scope="module", params=LESS)
def policy(server, request):
    """Have DMARC_POLICY say so for a while."""
    project = server.project
    with settings(project, DMARC_POLICY=request.param):
        project.stack("init", "--yes")
        await_applied(project, "dkim-verify")
        yield request.param
    project.stack("init", "--yes")
    await_applied(project, "dkim-verify")


@pytest.mark.parametrize("wanted", ["quarantine", "reject"])
def test_an_operator_can_ask_for_less(spammer, policy, bob, subject, wanted):
    """With mark it goes into Junk, with off it only has the verdict in its header."""
    author = f"someone@{wanted}.dmarc.test"

    reply = spammer.send(bob.address, letter(author, bob.address, subject))

    assert reply.code == 250, reply
    received = bob.receive(subject, folder=FOLDERS[LESS[policy]])
    (header,) = received.all("Authentication-Results")
    assert f"dmarc=fail (p={wanted} dis={LESS[policy]} from=unproven)" in header


@pytest.mark.core
@pytest.mark.usefixtures("policy")
def test_what_can_not_be_proven_yet_does_not_wait(spammer, stranger, bob, subject):
    """Nothing would be refused that a later attempt could prove to be right."""
    message = letter("someone@big.test", bob.address, subject)

    reply = spammer.send(bob.address, stranger.sign(message, "lame.big.test"))

    assert reply.code == 250, reply
