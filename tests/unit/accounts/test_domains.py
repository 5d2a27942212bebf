"""Domains: added, listed, removed, and kept from leading nowhere."""

import pytest

from stack.accounts import aliases, domains
from stack.accounts.store.models import Domain
from stack.system.errors import StackError


def test_a_domain_is_added_once(session):
    """The second time there is nothing new, and no error either."""
    assert domains.add(session, "example.org")
    assert not domains.add(session, "example.org")

    assert domains.listed(session) == [("example.org", 0)]


def test_a_domain_is_known_as_people_write_it(session):
    """Mail to it in Unicode is looked up by that."""
    domains.add(session, "xn--mnchen-3ya.example")
    domains.add(session, "example.org")

    written = {each.name: each.unicode_name for each in session.query(Domain)}
    assert written == {"xn--mnchen-3ya.example": "münchen.example", "example.org": None}


def test_domains_are_listed_with_their_users(accounts_of):
    """By name, with the number of mailboxes in each."""
    session = accounts_of("a@b.example", "b@b.example", "a@a.example")

    assert domains.listed(session) == [("a.example", 1), ("b.example", 2)]


def test_an_empty_domain_is_removed(accounts_of):
    """Other domains stay."""
    session = accounts_of("alice@example.org")
    domains.add(session, "example.net")

    domains.remove(session, "example.net")

    assert domains.listed(session) == [("example.org", 1)]


def test_a_domain_in_use_is_kept(accounts_of):
    """While users or aliases remain, they are named."""
    session = accounts_of(*(f"u{i}@example.org" for i in range(4)))
    aliases.add(session, "@example.org", ["u0@example.org"])

    few = "@example.org, u0@example.org, u1@example.org and 2 more"
    with pytest.raises(StackError, match=f"^example.org still has {few}"):
        domains.remove(session, "example.org")


def test_a_domain_whose_name_ends_alike_is_another(accounts_of):
    """Users of sub.example.org don't keep example.org."""
    session = accounts_of("alice@sub.example.org")
    domains.add(session, "example.org")

    domains.remove(session, "example.org")

    assert domains.listed(session) == [("sub.example.org", 1)]


def test_a_domain_that_is_not_ours_cannot_be_removed(session):
    """A misspelt name is told."""
    with pytest.raises(StackError, match="is not a domain of this server"):
        domains.remove(session, "example.org")


def test_a_domain_that_closes_a_circle_is_not_added(accounts_of):
    """A bare name that leads into a domain not yet ours would lead to itself."""
    session = accounts_of("alice@example.org")
    aliases.add(session, "info", ["info@example.net"])

    with pytest.raises(StackError, match="form a loop"):
        domains.add(session, "example.net")
