"""Aliases lead somewhere, and come to an end."""

import pytest

from stack.accounts import aliases, domains, users
from stack.accounts.routing import expansion, graph
from stack.accounts.store.models import Alias
from stack.system.errors import StackError

ALICE, BOB = "alice@example.org", "bob@example.org"


def test_a_source_may_have_many_targets(accounts_of):
    """Here and elsewhere; they are listed by source."""
    session = accounts_of(ALICE, BOB)
    aliases.add(session, "info@example.org", [BOB, ALICE, "x@example.net"])
    aliases.add(session, "@example.org", [ALICE])

    assert graph.listed(session) == {
        "@example.org": [ALICE],
        "info@example.org": [ALICE, BOB, "x@example.net"],
    }


def test_only_what_is_new_is_added(accounts_of):
    """A target that is there, or is given twice, is no error and no second row."""
    session = accounts_of(ALICE, BOB)
    aliases.add(session, "info@example.org", [ALICE])

    assert aliases.add(session, "info@example.org", [ALICE, BOB, BOB]) == [BOB]


def test_a_bare_name_needs_no_domain(accounts_of):
    """It holds in every domain of ours."""
    session = accounts_of(ALICE)

    assert aliases.add(session, "postmaster", [ALICE]) == [ALICE]


@pytest.mark.parametrize("source", ["info@example.net", "@example.net"])
def test_a_source_in_a_foreign_domain_is_refused(accounts_of, source):
    """We take no mail for that domain, so the alias would never be asked for."""
    session = accounts_of(ALICE)

    with pytest.raises(StackError, match=r"`stack domain add example\.net`"):
        aliases.add(session, source, [ALICE])


def test_a_target_of_ours_must_exist(accounts_of):
    """Otherwise we would take mail in and have to send it back."""
    session = accounts_of(ALICE)

    with pytest.raises(StackError, match="nobody has that address"):
        aliases.add(session, "info@example.org", ["alcie@example.org"])


@pytest.mark.parametrize(
    "target",
    [
        "alice+lists@example.org",
        "sales@example.org",
        "postmaster@example.org",
        "abuse@example.org",
        "anyone@example.net",
    ],
)
def test_a_target_may_be_all_that_reaches_someone(accounts_of, target):
    """A detail of a user, another alias, a name that always works, elsewhere."""
    session = accounts_of(ALICE)
    aliases.add(session, "sales", [ALICE])

    assert aliases.add(session, "info@example.org", [target]) == [target]


def test_a_user_may_keep_a_copy(accounts_of):
    """A user that forwards its mail can be among its own targets."""
    session = accounts_of(ALICE)

    assert len(aliases.add(session, ALICE, [ALICE, "x@example.net"])) == 2


@pytest.mark.parametrize(
    "steps",
    [
        [("a@example.org", "a@example.org")],
        [("a@example.org", "b@example.net"), ("b@example.net", "a@example.org")],
        [("@example.org", "nobody@example.org")],
        [("info", "info@example.net")],
        [
            ("c@example.org", BOB),
            ("a@example.org", "c+x@example.org"),
            ("c@example.org", "a@example.org"),
        ],
        [("a", "b@example.net"), ("b", "c@example.net"), ("c", "a@example.net")],
        [(ALICE, BOB), (BOB, ALICE)],
        [("@books.example.org", BOB), (BOB, "x@books.example.org")],
    ],
)
def test_a_circle_is_refused(accounts_of, steps):
    """However long and by whatever form of source it comes back to itself."""
    session = accounts_of(ALICE, BOB, "x@example.net")
    aliases.add(session, "@example.net", ["x@example.net"])

    *first, (source, target) = steps
    for earlier, leads_to in first:
        aliases.add(session, earlier, [leads_to])

    with pytest.raises(StackError, match="form a loop"):
        aliases.add(session, source, [target])


def test_a_loop_is_told_step_by_step(accounts_of):
    """The error shows the way round, so that one can see where to cut it."""
    session = accounts_of(ALICE, BOB)
    aliases.add(session, ALICE, [BOB])

    with pytest.raises(StackError, match=f"{ALICE} → {BOB} → {ALICE} form a loop"):
        aliases.add(session, BOB, [ALICE])


@pytest.fixture
def short_limits(monkeypatch):
    """Have Postfix follow little, so that a few rows are too many."""
    monkeypatch.setattr(expansion, "MOST_ADDRESSES", 6)
    monkeypatch.setattr(expansion, "MOST_STEPS", 3)


def test_a_chain_is_followed_as_far_as_postfix_does(accounts_of):
    """One step more, and Postfix would put off the mail of every sender."""
    session = accounts_of(ALICE)
    last = ALICE
    for number in range(expansion.MOST_STEPS):
        session.add(Alias(source=f"n{number}@example.org", target=last))
        last = f"n{number}@example.org"

    expansion.refuse_endless(session)
    with pytest.raises(StackError, match=r"info@example\.org leads over 1,001 aliases"):
        aliases.add(session, "info@example.org", [last])


@pytest.mark.parametrize("target", ["five@example.org", "@example.org"])
def test_an_alias_leads_to_no_more_addresses_than_postfix_follows(
    accounts_of, short_limits, target
):
    """Also by those that it leads to: each is counted as often as it is reached."""
    session = accounts_of(ALICE)
    aliases.add(session, target, [f"x{n}@example.net" for n in range(5)])
    leads = target if target[0] != "@" else "anybody@example.org"

    assert aliases.add(session, "six@example.org", [leads, ALICE])
    with pytest.raises(StackError, match=r"six@example\.org leads to 7 addresses"):
        aliases.add(session, "six@example.org", ["x1@example.net"])


def test_an_alias_grows_with_those_it_leads_to(accounts_of, short_limits):
    """The error names the alias that would be too large, which is another one."""
    session = accounts_of(ALICE)
    aliases.add(session, "a@example.org", [f"x{n}@example.net" for n in range(3)])
    aliases.add(session, "b@example.org", ["a@example.org", "a+twice@example.org"])

    with pytest.raises(StackError, match=r"alias b@example\.org leads to 8 addresses"):
        aliases.add(session, "a@example.org", ["x9@example.net"])


def test_one_target_or_all_are_removed(accounts_of):
    """Named targets go; with none named the whole alias goes."""
    session = accounts_of(ALICE, BOB)
    aliases.add(session, "info@example.org", [ALICE, BOB])
    aliases.add(session, "sales@example.org", [ALICE, BOB])

    aliases.remove(session, "info@example.org", [BOB])
    aliases.remove(session, "sales@example.org")

    assert graph.listed(session) == {"info@example.org": [ALICE]}


@pytest.mark.parametrize(
    ("source", "targets"), [("sales@example.org", []), ("info@example.org", [BOB])]
)
def test_what_is_no_alias_cannot_be_removed(accounts_of, source, targets):
    """A misspelt source or target is told, and nothing is removed."""
    session = accounts_of(ALICE, BOB)
    aliases.add(session, "info@example.org", [ALICE])

    with pytest.raises(StackError, match="is not an alias"):
        aliases.remove(session, source, targets)

    assert graph.listed(session) == {"info@example.org": [ALICE]}


def test_an_alias_that_another_leads_to_is_kept(accounts_of):
    """The other one would then reach nobody."""
    session = accounts_of(ALICE)
    aliases.add(session, "info@example.org", [ALICE])
    aliases.add(session, "sales@example.org", ["info@example.org"])

    with pytest.raises(StackError, match="nobody has that address"):
        aliases.remove(session, "info@example.org")


@pytest.mark.parametrize("source", ["@books.example.org", "x@a.books.example.org"])
def test_a_name_below_a_domain_needs_no_domain(accounts_of, source):
    """Until its parent is to go: then nobody would take its mail any more."""
    session = accounts_of(BOB, "x@example.net")
    aliases.add(session, source, ["x@example.net"])
    users.remove(session, BOB)

    with pytest.raises(StackError, match=f"still has {source}"):
        domains.remove(session, "example.org")
    aliases.remove(session, source)
    domains.remove(session, "example.org")


@pytest.mark.parametrize("domain", ["xexample.org", "example.org.evil", "le.org"])
@pytest.mark.parametrize("source", ["x@{}", "@{}"])
def test_what_only_looks_like_a_name_below_is_refused(accounts_of, source, domain):
    """Only whole labels count."""
    session = accounts_of(ALICE)

    with pytest.raises(StackError, match=f"`stack domain add {domain}`"):
        aliases.add(session, source.format(domain), [ALICE])


def test_a_domain_that_aliases_lead_to_is_kept(accounts_of):
    """Otherwise their mail would go out to whoever has the domain next."""
    session = accounts_of(ALICE)
    for name in ("old.example", "new.example"):
        domains.add(session, name)
    aliases.add(session, "@old.example", ["@new.example"])
    aliases.add(session, "b@example.org", ["postmaster@new.example"])

    with pytest.raises(StackError, match=r"still has @old\.example, b@example\.org"):
        domains.remove(session, "new.example")


def test_what_was_dead_before_stops_nobody(accounts_of):
    """A row made by hand is no reason to refuse an alias that is right."""
    session = accounts_of(ALICE)
    session.add(Alias(source="a@example.org", target="nobody@example.org"))

    assert aliases.add(session, "b@example.org", [ALICE]) == [ALICE]
