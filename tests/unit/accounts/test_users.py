"""Domains and users."""

import pytest

from stack.accounts import aliases, users
from stack.accounts.store.models import Domain
from stack.system.errors import StackError


def test_a_domain_is_added_once(session):
    """The second time there is nothing new, and no error either."""
    assert users.add_domain(session, "example.org")
    assert not users.add_domain(session, "example.org")

    assert users.domains(session) == [("example.org", 0)]


def test_a_domain_is_known_as_people_write_it(session):
    """Mail to it in Unicode is looked up by that."""
    users.add_domain(session, "xn--mnchen-3ya.example")
    users.add_domain(session, "example.org")

    written = {each.name: each.unicode_name for each in session.query(Domain)}
    assert written == {"xn--mnchen-3ya.example": "münchen.example", "example.org": None}


def test_domains_are_listed_with_their_users(accounts_of):
    """By name, with the number of mailboxes in each."""
    session = accounts_of("a@b.example", "b@b.example", "a@a.example")

    assert users.domains(session) == [("a.example", 1), ("b.example", 2)]


def test_a_user_needs_a_domain_of_ours(session):
    """The error names the command that adds the domain."""
    with pytest.raises(StackError, match=r"`stack domain add example\.org`"):
        users.add_user(session, "alice@example.org", "{X}y", None)


def test_a_user_is_added_once(accounts_of):
    """A second one of that name is refused: its password would be ignored."""
    session = accounts_of("alice@example.org")

    with pytest.raises(StackError, match="is a user already"):
        users.add_user(session, "alice@example.org", "{X}y", None)


def test_an_alias_does_not_become_a_user_by_mistake(accounts_of):
    """Its mail would still go where the alias leads."""
    session = accounts_of("alice@example.org")
    aliases.add(session, "info@example.org", ["alice@example.org"])

    with pytest.raises(StackError, match="is an alias"):
        users.add_user(session, "info@example.org", "{X}y", None)


def test_a_new_user_may_log_in_and_has_its_quota(accounts_of):
    """Users are enabled unless said otherwise."""
    session = accounts_of("alice@example.org")
    users.add_user(session, "bob@example.org", "{X}y", 1 << 30)

    found = [(u.address, u.enabled, u.quota_bytes) for u in users.users(session)]
    assert found == [
        ("alice@example.org", True, None),
        ("bob@example.org", True, 1 << 30),
    ]


def test_a_user_that_is_not_there_is_told(session):
    """A misspelt address changes nothing in silence."""
    with pytest.raises(StackError, match=r"alice@example\.org is not a user"):
        users.user(session, "alice@example.org")


def test_a_removed_user_is_gone(accounts_of):
    """The address is free again."""
    session = accounts_of("alice@example.org")

    users.remove_user(session, "alice@example.org")

    assert users.users(session) == []


def test_a_user_that_an_alias_leads_to_is_kept(accounts_of):
    """Mail to the alias would be taken in and then reach nobody."""
    session = accounts_of("alice@example.org")
    aliases.add(session, "info@example.org", ["alice@example.org"])

    with pytest.raises(StackError, match="nobody has that address"):
        users.remove_user(session, "alice@example.org")


def test_a_user_behind_whom_a_circle_waits_is_kept(accounts_of):
    """Without the user, the catch-all would lead to itself."""
    session = accounts_of("alice@example.org")
    aliases.add(session, "@example.org", ["alice@example.org"])

    with pytest.raises(StackError, match="in a circle"):
        users.remove_user(session, "alice@example.org")


def test_an_empty_domain_is_removed(accounts_of):
    """Other domains stay."""
    session = accounts_of("alice@example.org")
    users.add_domain(session, "example.net")

    users.remove_domain(session, "example.net")

    assert users.domains(session) == [("example.org", 1)]


def test_a_domain_in_use_is_kept(accounts_of):
    """While users or aliases remain, they are named."""
    session = accounts_of(*(f"u{i}@example.org" for i in range(4)))
    aliases.add(session, "@example.org", ["u0@example.org"])

    few = "@example.org, u0@example.org, u1@example.org and 2 more"
    with pytest.raises(StackError, match=f"^example.org still has {few}"):
        users.remove_domain(session, "example.org")


def test_a_domain_whose_name_ends_alike_is_another(accounts_of):
    """Users of sub.example.org don't keep example.org."""
    session = accounts_of("alice@sub.example.org")
    users.add_domain(session, "example.org")

    users.remove_domain(session, "example.org")

    assert users.domains(session) == [("sub.example.org", 1)]


def test_a_domain_that_is_not_ours_cannot_be_removed(session):
    """A misspelt name is told."""
    with pytest.raises(StackError, match="is not a domain of this server"):
        users.remove_domain(session, "example.org")


def test_a_domain_that_closes_a_circle_is_not_added(accounts_of):
    """A bare name that leads into a domain not yet ours would lead to itself."""
    session = accounts_of("alice@example.org")
    aliases.add(session, "info", ["info@example.net"])

    with pytest.raises(StackError, match="in a circle"):
        users.add_domain(session, "example.net")
