"""Rights to send: given, listed, taken, and gone with their user."""

import pytest

from stack.accounts import domains, sender_rights, users
from stack.system.errors import StackError

APP, BOB = "app@example.org", "bob@example.org"
BOOKS = "@books.example.org"


@pytest.fixture
def filled(accounts_of):
    """Two users of one domain."""
    return accounts_of(APP, BOB)


@pytest.fixture
def app(filled):
    """The user that is to have rights."""
    return users.named(filled, APP)


def test_rights_are_given_listed_and_taken(session, app):
    """Only what is new is said; without an address all go."""
    assert sender_rights.add(session, app, [BOOKS, "news@example.org", BOOKS]) == [
        BOOKS,
        "news@example.org",
    ]
    assert sender_rights.add(session, app, [BOOKS]) == []
    assert sender_rights.listed(session) == {APP: [BOOKS, "news@example.org"]}

    sender_rights.remove(session, app, [BOOKS])
    assert sender_rights.listed(session) == {APP: ["news@example.org"]}
    sender_rights.remove(session, app)
    assert sender_rights.listed(session) == {}


@pytest.mark.parametrize(
    "address", ["x@example.net", "@example.net", "@xexample.org", "@org"]
)
def test_what_could_not_be_signed_is_refused(session, app, address):
    """Neither ours nor below a domain of ours."""
    with pytest.raises(StackError, match="neither in a domain of this server"):
        sender_rights.add(session, app, [address])


def test_a_right_that_is_not_there_cannot_be_taken(session, app):
    """A misspelt one is told, and none is taken."""
    with pytest.raises(StackError, match=f"{APP} has no right to send:"):
        sender_rights.remove(session, app)

    sender_rights.add(session, app, [BOOKS])
    with pytest.raises(StackError, match=f"{APP} has no right to send as @book.ex"):
        sender_rights.remove(session, app, [BOOKS, "@book.example.org"])

    assert sender_rights.listed(session) == {APP: [BOOKS]}


def test_rights_go_with_their_user(session, app):
    """Whoever is given the address next starts with none."""
    sender_rights.add(session, app, [BOOKS])
    users.remove(session, APP)
    users.add(session, APP, "{X}y", None, "keep")

    assert sender_rights.listed(session) == {}


def test_no_user_is_made_of_an_address_that_another_sends_from(session, app):
    """The right was given when the address was nobody's."""
    sender_rights.add(session, app, ["news@example.org"])

    with pytest.raises(StackError, match=f"`stack sendas remove {APP} news@"):
        users.add(session, "news@example.org", "{X}y", None)


def test_a_domain_is_kept_while_somebody_sends_from_below_it(accounts_of):
    """The right would be to a domain that is no longer ours."""
    session = accounts_of("app@example.net")
    domains.add(session, "example.org")
    app = users.named(session, "app@example.net")
    sender_rights.add(session, app, [BOOKS])

    with pytest.raises(StackError, match=f"still has {BOOKS}"):
        domains.remove(session, "example.org")
