"""An operator can soften what happens to mail that fails DMARC."""

import pytest

from tests.support.configuration.templates import await_applied, settings
from tests.support.mail.message import letter

# DMARC_POLICY, and what is done where the owner says quarantine or reject.
LESS = {"mark": "quarantine", "off": "none"}
FOLDERS = {"quarantine": "Junk", "none": "INBOX"}


@pytest.fixture(scope="module", params=LESS)
def policy(server, request):
    """Have another DMARC_POLICY for a while."""
    project = server.project
    with settings(project, DMARC_POLICY=request.param):
        project.stack("init", "--yes")
        await_applied(project, "dkim-verify")
        yield request.param
    project.stack("init", "--yes")
    await_applied(project, "dkim-verify")


@pytest.mark.parametrize("wanted", ["quarantine", "reject"])
def test_dmarc_policy_mark_files_into_junk_and_off_delivers(
    spammer, policy, bob, subject, wanted
):
    """
    With DMARC_POLICY=mark, mail that fails DMARC goes into Junk; with off, into INBOX.

    The verdict is in the header in both cases.
    """
    author = f"someone@{wanted}.dmarc.test"

    reply = spammer.send(bob.address, letter(author, bob.address, subject))

    assert reply.code == 250, reply
    received = bob.receive(subject, folder=FOLDERS[LESS[policy]])
    (header,) = received.all("Authentication-Results")
    assert f"dmarc=fail (p={wanted} dis={LESS[policy]} from=unproven)" in header


@pytest.mark.core
@pytest.mark.usefixtures("policy")
def test_a_temporary_failure_is_not_deferred_if_nothing_is_refused(
    spammer, stranger, bob, subject
):
    """With DMARC_POLICY=mark or off, a temporary failure of DKIM defers no mail."""
    message = letter("someone@big.test", bob.address, subject)

    reply = spammer.send(bob.address, stranger.sign(message, "lame.big.test"))

    assert reply.code == 250, reply
