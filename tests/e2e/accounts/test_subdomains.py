"""Aliases below a domain of ours, and at MAIL_HOSTNAME, need no domain of their own."""

import pytest

from tests.support.mail.message import letter
from tests.support.server.accounts import add_domains, aliases, remove_domains
from tests.support.world.name_servers.published_zone import publish

pytestmark = pytest.mark.core


@pytest.fixture(scope="module", autouse=True)
def subdomains(server, alice, bob):
    """Take mail for two names below our domain, which are no mail domains."""
    with aliases(
        server.project,
        **{
            "@books.example.test": "alice@example.test",
            "orders@shop.example.test": "bob@example.test",
        },
    ):
        publish(server.project)
        yield
    publish(server.project)


@pytest.mark.parametrize(
    ("to", "name"),
    [
        ("anything@books.example.test", "alice"),
        ("anything+more@books.example.test", "alice"),
        ("Orders@Shop.example.test", "bob"),
        ("orders+more@shop.example.test", "bob"),
        ("postmaster@books.example.test", "alice"),
        ("postmaster@shop.example.test", "alice"),
        ("abuse@shop.example.test", "alice"),
        ("postmaster@mail.example.test", "alice"),
        ("abuse@mail.example.test", "alice"),
    ],
)
def test_mail_to_a_subdomain_follows_its_aliases(
    alice, bob, spammer, subject, to, name
):
    """
    A name below a mail domain takes mail as soon as an alias is written for it.

    Postmaster and abuse work there, too, and at the server's own name.
    """
    reply = spammer.send(to, letter("a@outside.test", to, subject))

    assert reply.code == 250
    assert {"alice": alice, "bob": bob}[name].receive(subject)


def test_mail_to_a_subdomain_without_an_alias_is_refused(spammer):
    """Mail to a name below a mail domain that has no alias is refused."""
    taken = ["nobody@shop.example.test", "alice@shop.example.test"]
    taken += ["nobody@mail.example.test", "alice@mail.example.test"]
    foreign = ["x@other.example.test", "x@a.books.example.test", "x@xexample.test"]

    codes = [reply.code for reply in spammer.ask(*taken, *foreign)]

    assert codes == [550] * 4 + [554] * 3


def test_the_servers_own_name_may_be_a_mail_domain(server, spammer):
    """
    When the server's own name is added as a mail domain, its postmaster is still
    reached.
    """
    add_domains(server.project, "mail.example.test")
    try:
        replies = spammer.ask("postmaster@mail.example.test", "x@mail.example.test")
    finally:
        remove_domains(server.project, "mail.example.test")

    assert [reply.code for reply in replies] == [250, 550]
