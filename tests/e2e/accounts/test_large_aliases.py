"""An alias can have more members than Postfix expands by default."""

import pytest

from tests.support.mail.message import letter
from tests.support.server.accounts import aliases
from tests.support.wait import wait_until

# More than each of Postfix' defaults, which are 1,000. Mail for such addresses ends at
# once: that domain takes none (RFC 7505), and a message without a sender has no bounce.
MEMBERS = 1_100


@pytest.fixture
def list_of_lists(server, alice):
    """An alias with many members, and a second one with the same and the first one."""
    names = [f"member{number}@silent.test" for number in range(MEMBERS)]
    members = " ".join(names)
    with aliases(
        server.project,
        **{
            "large@example.test": f"{members} {alice.address}",
            "larger@example.test": f"large@example.test {members}",
        },
    ):
        yield names


@pytest.mark.core
def test_mail_reaches_each_member_of_a_large_alias_once(
    server, spammer, alice, list_of_lists, subject
):
    """Mail to an alias of over a thousand members reaches each of them once."""
    message = letter("a@outside.test", "larger@example.test", subject)

    reply = spammer.send("larger@example.test", message, sender="")
    alice.receive(subject)
    done = wait_until(lambda: finished(server), "an end for each of them", within=60)

    assert reply.code == 250
    assert sorted(done) == sorted(list_of_lists)


def finished(server) -> list[str]:
    """Return the recipients of the alias that have bounced, once all have."""
    found = [
        line.text.partition("to=<")[2].partition(">")[0]
        for line in server.project.lines({"postfix"})
        if "@silent.test>" in line.text and "status=bounced" in line.text
    ]
    return found if len(set(found)) >= MEMBERS else []
