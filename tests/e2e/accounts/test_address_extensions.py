"""Mail to user+extension reaches the user, who can filter on the extension."""

import pytest

from tests.support.mail.message import letter
from tests.support.server.accounts import aliases

pytestmark = pytest.mark.core


@pytest.fixture(scope="module", autouse=True)
def extended(server, alice, carol):
    """Write an alias of each form, and some for addresses with an extension."""
    with aliases(
        server.project,
        **{
            "plus@example.test": alice.address,
            "plus-name": alice.address,
            "plus-detail@example.test": "alice+folder@example.test",
            "plus+own@example.test": carol.address,
            "@second.test": alice.address,
        },
    ):
        yield


@pytest.mark.parametrize(
    ("to", "name", "delivered"),
    [
        ("alice+News@example.test", "alice", "alice+News@example.test"),
        ("alice+a+b@example.test", "alice", "alice+a+b@example.test"),
        ("alice+@example.test", "alice", "alice+@example.test"),
        ("plus+News@example.test", "alice", "alice+News@example.test"),
        ("plus-name+News@example.test", "alice", "alice+News@example.test"),
        ("plus-detail@example.test", "alice", "alice+folder@example.test"),
        ("nobody+News@second.test", "alice", "alice@example.test"),
        ("carol+News@second.test", "carol", "carol+News@second.test"),
        ("plus+own@example.test", "carol", "carol@second.test"),
    ],
)
def test_mail_with_an_extension_reaches_the_user_of_the_address(
    alice, carol, spammer, subject, to, name, delivered
):
    """
    An address extension changes nothing about who gets the mail.

    Only an alias that is written for the address with its extension does. The user gets
    the extension with the mail and may sort by it, except as target of a catch-all.
    """
    reply = spammer.send(to, letter("a@outside.test", to, subject))

    assert reply.code == 250
    received = {"alice": alice, "carol": carol}[name].receive(subject)
    assert received.all("Delivered-To") == [delivered]


def test_an_unknown_name_with_an_extension_is_refused(spammer):
    """An unknown name is refused with an extension, too."""
    replies = spammer.ask("nobody+alice@example.test", "+alice@example.test")

    assert [reply.code for reply in replies] == [550, 550]


@pytest.mark.parametrize("sender", ["plus+x@example.test", "plus-name+x@second.test"])
def test_an_alias_target_sends_with_an_extension(alice, subject, sender):
    """A login may add a +extension to an alias of its own, in envelope and From:."""
    alice.send(
        alice.address, message=letter(sender, alice.address, subject), sender=sender
    )

    assert alice.receive(subject).message["From"] == sender
