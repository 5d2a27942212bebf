"""Thresholds and lists, and the Sieve script that the database makes of them."""

import pytest
from sqlalchemy import text

from stack.accounts import users
from stack.services.spam import preferences
from stack.services.spam.preferences import Entry
from stack.system.errors import StackError

ALICE, BOB = "alice@example.org", "bob@example.org"


@pytest.fixture
def filled(accounts_of):
    """Two users of one domain."""
    return accounts_of(ALICE, BOB)


@pytest.fixture
def alice(filled):
    """The user who has preferences."""
    return users.named(filled, ALICE)


def script(session, address):
    """Return what Dovecot would run for the user *address*."""
    session.flush()
    query = text("SELECT script FROM sieve_scripts WHERE address = :address")
    return session.execute(query, {"address": address}).scalar_one()


def test_entries_are_added_listed_and_removed(session, alice):
    """Only new entries are returned. Lists of a user and of everybody are separate."""
    assert preferences.add(session, "block", alice, ["@a.example", "@a.example"]) == [
        "@a.example"
    ]
    assert preferences.add(session, "block", alice, ["@a.example"]) == []
    assert preferences.add(session, "block", None, ["@a.example", "x@b.example"])

    assert preferences.listed(session, "block") == [
        Entry("@a.example", None),
        Entry("@a.example", ALICE),
        Entry("x@b.example", None),
    ]
    assert preferences.listed(session, "welcome") == []
    preferences.remove(session, "block", None, ["@a.example", "@a.example"])
    assert preferences.listed(session, "block", alice) == [
        Entry("@a.example", ALICE),
        Entry("x@b.example", None),
    ]
    bob = users.named(session, BOB)
    assert preferences.listed(session, "block", bob) == [Entry("x@b.example", None)]


def test_sender_cannot_be_on_both_lists(session, alice):
    """The operator must decide which entry to remove."""
    preferences.add(session, "welcome", alice, ["@a.example"])

    with pytest.raises(StackError, match=f"remove --user {ALICE} @a.example`"):
        preferences.add(session, "block", alice, ["@a.example"])

    assert preferences.add(session, "block", None, ["@a.example"])


@pytest.mark.parametrize("verdict", ["block", "welcome"])
def test_unlisted_sender_cannot_be_removed(session, alice, verdict):
    """A misspelt one is told, and also one that only the site has listed."""
    preferences.add(session, "welcome", None, ["@a.example"])

    with pytest.raises(StackError, match=r"@a\.example: not on the"):
        preferences.remove(session, verdict, alice, ["@a.example"])


def test_script_without_preferences_only_includes_the_rules(session, alice):
    """Every user needs a script, or the site's rules would not run."""
    assert script(session, ALICE) == (
        'require ["comparator-i;unicode-casemap", "include", "variables"];'
        'global ["block", "welcome", "stars"];'
        'set "stars" "";include :global "spam-to-junk";'
    )


def test_script_holds_preferences_of_user_and_site(session, alice):
    """A user's entry overrides the site's; domains are in both forms."""
    alice.spam_threshold = 3
    preferences.add(session, "block", None, ["@a.example", "x@b.example"])
    preferences.add(
        session, "welcome", alice, ["@a.example", "@xn--mnchen-3ya.example"]
    )

    mine, bobs = script(session, ALICE), script(session, BOB)

    assert 'set "stars" "***";' in mine
    assert 'if address :all :is "from" ["x@b.example"] { set "block" "yes"; }' in mine
    assert '["a.example", "xn--mnchen-3ya.example"]' in mine
    assert (
        'if address :comparator "i;unicode-casemap" :domain :is "from"'
        ' ["münchen.example"] { set "welcome" "yes"; }'
    ) in mine
    assert mine.count('set "block"') == 1
    assert 'set "welcome" "yes"' in mine
    assert 'if address :domain :is "from" ["a.example"] { set "block" "yes"; }' in bobs
    assert 'set "welcome"' not in bobs
    assert 'set "stars" "";' in bobs


def test_preferences_are_deleted_with_their_user(session, alice):
    """A new user with the same address starts without any."""
    alice.spam_threshold = 3
    preferences.add(session, "block", alice, ["@a.example"])
    plain = script(session, BOB)

    users.remove(session, ALICE)
    users.add(session, ALICE, "{X}y", None, "keep")

    assert preferences.listed(session, "block") == []
    assert script(session, ALICE) == plain


def test_list_size_is_limited(session, alice):
    """Dovecot reads all of them for each message."""
    many = [f"someone-{n}@shop-{n}.example" for n in range(6000)]

    with pytest.raises(StackError, match=f"lists for {ALICE} would be .* over 200000"):
        preferences.add(session, "block", alice, many)


def test_a_list_for_everybody_can_come_before_the_first_user(session):
    """It is of no use yet, and no mistake."""
    assert preferences.add(session, "block", None, ["@a.example"]) == ["@a.example"]
