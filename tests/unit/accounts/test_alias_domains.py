"""Domains that stand for another one, and what can't be one."""

import pytest

from stack.accounts import aliases, domains, users
from stack.system.errors import StackError

ALICE = "alice@example.org"


def test_an_alias_domain_has_the_names_of_the_other(accounts_of):
    """What leads there leads to whoever has the name in the other domain."""
    session = accounts_of(ALICE)
    domains.add(session, "old.example")
    aliases.add(session, "@old.example", ["@example.org"])

    assert aliases.add(session, "a@example.org", ["alice+x@old.example"])
    with pytest.raises(StackError, match="nobody has that address"):
        aliases.add(session, "b@example.org", ["nobody@old.example"])
    with pytest.raises(StackError, match="form a loop"):
        aliases.add(session, "c@example.org", ["c@old.example"])
    with pytest.raises(StackError, match="nobody has that address"):
        users.remove(session, ALICE)
    with pytest.raises(StackError, match="nobody has that address"):
        aliases.remove(session, "@old.example")


def test_an_alias_that_is_written_in_an_alias_domain_goes_its_own_way(accounts_of):
    """What stands there in full comes before what the whole domain stands for."""
    session = accounts_of(ALICE)
    domains.add(session, "old.example")
    aliases.add(session, "@old.example", ["@example.org"])
    aliases.add(session, "sales@old.example", ["x@example.net"])

    added = aliases.add(session, "sales@example.org", ["sales@old.example"])

    assert added == ["sales@old.example"]


@pytest.mark.parametrize(
    ("source", "targets", "reason"),
    [
        ("info@old.example", ["@example.org"], "only a whole domain"),
        ("info", ["@example.org"], "only a whole domain"),
        ("@old.example", ["@example.org", ALICE], "one target and no catch-all"),
        ("@old.example", ["@example.org", "@example.net"], "one target"),
        ("@old.example", ["@elsewhere.example"], "`stack domain add elsewhere"),
        ("@sub.example.org", ["@example.org"], "`stack domain add sub.example.org`"),
        ("@example.org", ["@old.example"], "alice@example.org has a mailbox"),
        ("@old.example", ["@old.example"], "can't lead to an alias domain"),
        ("@old.example", ["@twin.example"], "can't lead to an alias domain"),
        ("@example.net", ["@twin.example"], "can't lead to an alias domain"),
        ("@twin.example", [ALICE], "one target and no catch-all"),
    ],
)
def test_what_an_alias_domain_cannot_be(accounts_of, source, targets, reason):
    """A part of a domain, one of several ways, foreign, or a link of a chain."""
    session = accounts_of(ALICE)
    for name in ("old.example", "twin.example", "example.net"):
        domains.add(session, name)
    aliases.add(session, "@twin.example", ["@example.org"])

    with pytest.raises(StackError, match=reason):
        aliases.add(session, source, targets)


def test_where_an_alias_domain_leads_is_no_alias_domain_later(accounts_of):
    """A chain is refused from its other end, too."""
    session = accounts_of(ALICE)
    for name in ("old.example", "new.example"):
        domains.add(session, name)
    aliases.add(session, "@old.example", ["@new.example"])

    with pytest.raises(StackError, match="can't lead to an alias domain"):
        aliases.add(session, "@new.example", ["@example.org"])


def test_an_alias_domain_takes_no_users(accounts_of):
    """Their mail would go to the other domain."""
    session = accounts_of(ALICE)
    domains.add(session, "old.example")
    aliases.add(session, "@old.example", ["@example.org"])

    with pytest.raises(StackError, match=r"alias domain of @example\.org"):
        users.add(session, "bob@old.example", "{X}y", None)
