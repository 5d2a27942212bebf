"""An alias domain has the same users as the domain that it stands for."""

import pytest

from tests.support.clients.login import logged_in
from tests.support.mail.message import letter
from tests.support.server.accounts import add_domains, aliases, operate, remove_domains
from tests.support.wait import wait_until

pytestmark = pytest.mark.core


@pytest.fixture(scope="module", autouse=True)
def old_domain(server, alice, bob):
    """Have the alias domain old.test of example.test, and an address of each kind."""
    add_domains(server.project, "old.test")
    with aliases(
        server.project,
        **{
            "@old.test": "@example.test",
            "sales@example.test": "alice@example.test",
            "office": "bob@example.test",
        },
    ):
        yield
    remove_domains(server.project, "old.test")


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("alice@old.test", "alice"),
        ("Alice+Old@old.test", "alice"),
        ("sales@old.test", "alice"),
        ("sales+old@old.test", "alice"),
        ("office@old.test", "bob"),
        ("office+old@old.test", "bob"),
        ("postmaster@old.test", "alice"),
        ("abuse@old.test", "alice"),
    ],
)
def test_mail_to_an_alias_domain_reaches_the_same_name_of_the_other(
    alice, bob, spammer, subject, to, name
):
    """Mail to a name in an alias domain reaches the same name in the other domain."""
    reply = spammer.send(to, letter("a@outside.test", to, subject))

    assert reply.code == 250
    assert {"alice": alice, "bob": bob}[name].receive(subject)


def test_unknown_names_of_an_alias_domain_are_refused(spammer):
    """
    Mail to an unknown name in an alias domain is refused at RCPT, not bounced later.
    """
    replies = spammer.ask("nobody@old.test", "nobody+alice@old.test", "@old.test")

    assert [reply.code for reply in replies[:2]] == [550, 550]
    assert replies[2].code >= 500


def test_a_disabled_user_is_disabled_in_the_alias_domain(server, bob, spammer):
    """Mail to a disabled user is refused with the same reason in the alias domain."""
    operate(server.project, f"user disable {bob.address}")
    try:
        replies = spammer.ask("bob@old.test", "bob+x@old.test")
    finally:
        operate(server.project, f"user enable {bob.address}")

    assert {str(reply)[:9] for reply in replies} == {"550 5.2.1"}


def test_users_send_from_their_own_name_in_an_alias_domain(server, alice, bob, subject):
    """In an alias domain a user sends from the user's own name, and from no other."""
    own, his = "alice@old.test", "bob@old.test"

    def send(author: str, sender: str) -> str:
        with logged_in(server, alice.address, alice.password) as session:
            message = letter(author, bob.address, subject)
            return str(session.deliver(message, sender, [bob.address]))

    # The signer takes a second to see that there is a new domain.
    wait_until(lambda: send(own, own).startswith("250"), "signed mail of old.test")

    assert send(own, his).startswith("553 5.7.1")
    assert send(his, own).startswith("550 5.7.1")
    assert bob.receive(subject).message["From"] == own
