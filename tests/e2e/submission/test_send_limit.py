"""A login sends to SEND_RATE_LIMIT recipients an hour, and no more."""

import aiosmtplib
import pytest

from tests.support.configuration.templates import await_applied, settings
from tests.support.server.accounts import open_account

pytestmark = pytest.mark.core


@pytest.fixture
def five_an_hour(server):
    """Have a limit of five recipients an hour."""
    project = server.project
    with settings(project, SEND_RATE_LIMIT="5"):
        apply(project)
        yield
    apply(project)


def apply(project) -> None:
    """Render the settings and wait until the signer uses them."""
    project.stack("init", "--yes")
    await_applied(project, "dkim-sign")


def test_a_login_over_its_send_limit_is_deferred(
    five_an_hour, server, alice, bob, subject
):
    """
    A login over SEND_RATE_LIMIT is deferred, and other logins are not.

    So a stolen password doesn't send spam all night. The answer says when to go on.
    """
    writer = open_account(server, f"{subject.split()[-1]}@example.test")
    three = [bob.address.replace("@", f"+{number}@") for number in range(3)]

    writer.send(three, f"first {subject}")
    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        writer.send(three, f"second {subject}")
    writer.send(three[:2], f"third {subject}")
    alice.send(bob.address, subject)

    assert refused.value.code == 450
    assert "4.7.1" in refused.value.message
    assert "try again in 60 minutes" in refused.value.message
    assert bob.receive(f"third {subject}")
    assert bob.receive(subject)
    assert f"second {subject}" not in bob.subjects()
