"""Users: added, listed, removed."""

import pytest

from stack.accounts import aliases, users
from stack.system.errors import StackError


def test_a_user_needs_a_domain_of_ours(session):
    """The error names the command that adds the domain."""
    with pytest.raises(StackError, match=r"`stack domain add example\.org`"):
        users.add(session, "alice@example.org", "{X}y", None)


def test_a_user_is_added_once(accounts_of):
    """A second one of that name is refused: its password would be ignored."""
    session = accounts_of("alice@example.org")

    with pytest.raises(StackError, match="is a user already"):
        users.add(session, "alice@example.org", "{X}y", None)


def test_an_alias_does_not_become_a_user_by_mistake(accounts_of):
    """Its mail would still go where the alias leads."""
    session = accounts_of("alice@example.org")
    aliases.add(session, "info@example.org", ["alice@example.org"])

    with pytest.raises(StackError, match="is an alias"):
        users.add(session, "info@example.org", "{X}y", None)


def test_a_new_user_may_log_in_and_has_its_quota(accounts_of):
    """Users are enabled unless said otherwise."""
    session = accounts_of("alice@example.org")
    users.add(session, "bob@example.org", "{X}y", 1 << 30)

    found = [(u.address, u.enabled, u.quota_bytes) for u in users.listed(session)]
    assert found == [
        ("alice@example.org", True, None),
        ("bob@example.org", True, 1 << 30),
    ]


def test_a_user_that_is_not_there_is_told(session):
    """A misspelt address changes nothing in silence."""
    with pytest.raises(StackError, match=r"alice@example\.org is not a user"):
        users.named(session, "alice@example.org")


def test_a_removed_user_is_gone(accounts_of):
    """The address is free again."""
    session = accounts_of("alice@example.org")

    users.remove(session, "alice@example.org")

    assert users.listed(session) == []


def test_a_user_that_an_alias_leads_to_is_kept(accounts_of):
    """Mail to the alias would be taken in and then reach nobody."""
    session = accounts_of("alice@example.org")
    aliases.add(session, "info@example.org", ["alice@example.org"])

    with pytest.raises(StackError, match="nobody has that address"):
        users.remove(session, "alice@example.org")


def test_a_user_behind_whom_a_circle_waits_is_kept(accounts_of):
    """Without the user, the catch-all would lead to itself."""
    session = accounts_of("alice@example.org")
    aliases.add(session, "@example.org", ["alice@example.org"])

    with pytest.raises(StackError, match="form a loop"):
        users.remove(session, "alice@example.org")
