"""Whose an address is: the signer before the signer and Postfix must agree on it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from mail_auth.headers.addresses import Address
from mail_auth.signing.accounts import (
    login_is_valid,
    newest_password,
    owner_query,
    owners,
)
from milter_runtime.config_file import ConfigError

from stack.accounts.store import database
from stack.apply.render import render
from stack.certs.store import Served
from stack.config.settings import Settings
from tests.support.places import CONFIG

SERVED = Served(("mail.example.org.pem",), ())

OWNERS = {
    # A user, and the same with an extension.
    "alice@a.test": {"alice@a.test"},
    "alice+news@a.test": {"alice@a.test"},
    # An alias of several targets; one of them is disabled.
    "sales@a.test": {"alice@a.test", "bob@c.test"},
    # A bare name, in each of our domains and in no other,
    "info@a.test": {"alice@a.test"},
    "info@elsewhere.test": set(),
    # but not where a user or a written alias has that name.
    "info@b.test": {"info@b.test"},
    "info@c.test": {"bob@c.test"},
    # The two names that every domain must have are the first user's.
    "postmaster@a.test": {"alice@a.test"},
    "abuse@b.test": {"carol@b.test", "erin@xn--mnchen-3ya.test"},
    # A catch-all, for what is nobody's.
    "anybody@c.test": {"carol@b.test"},
    "bob@c.test": {"bob@c.test"},
    "bob+x@c.test": {"bob@c.test"},
    "nobody@a.test": set(),
    # Who forwards all mail may still send.
    "carol@b.test": {"carol@b.test"},
    # Who is disabled has no address, and nobody else has it.
    "dave@a.test": set(),
    "dave@c.test": set(),
    # Chains, to the users at their end, through whatever form of alias; circles too.
    "team@a.test": {"alice@a.test", "bob@c.test"},
    "team+x@a.test": {"alice@a.test", "bob@c.test"},
    "chain@c.test": {"alice@a.test"},
    "round@a.test": {"bob@c.test"},
    # What follows a + is one's own, also where an alias is written for it.
    "alice+lists@a.test": {"alice@a.test", "bob@c.test"},
    "+alice@a.test": set(),
    "+x@c.test": {"carol@b.test"},
    # In an alias domain everybody is who they are in the other one.
    "alice@old.test": {"alice@a.test"},
    "alice+x@old.test": {"alice@a.test"},
    "sales@old.test": {"alice@a.test", "bob@c.test"},
    "info@old.test": {"alice@a.test"},
    "help@old.test": {"help@a.test"},
    "help@b.test": {"bob@c.test", "erin@xn--mnchen-3ya.test"},
    "nobody@old.test": set(),
    "dave@old.test": set(),
    "postmaster@old.test": {"alice@a.test"},
    # Written as people do, a domain is the same.
    "erin@münchen.test": {"erin@xn--mnchen-3ya.test"},
    # Below a domain of ours: a catch-all, an address, our own name, and nothing else.
    "any@books.a.test": {"bob@c.test"},
    "info@books.a.test": {"alice@a.test"},
    "postmaster@books.a.test": {"alice@a.test"},
    "postmaster@mail.a.test": {"alice@a.test"},
    "alice@mail.a.test": set(),
    "info@other.a.test": set(),
    # Rights to send: from all of a domain, but not as another user; as one address.
    "any@apps.a.test": {"erin@xn--mnchen-3ya.test"},
    "news@b.test": {"erin@xn--mnchen-3ya.test"},
    "news+x@b.test": {"erin@xn--mnchen-3ya.test"},
    "info+x@b.test": {"info@b.test"},
    "gone@b.test": set(),
    "boss@c.test": {"alice@a.test", "carol@b.test"},
    "boss+x@c.test": {"alice@a.test", "carol@b.test"},
    "any@sub.apps.a.test": set(),
    "any@xapps.a.test": set(),
    "any@disabled.a.test": set(),
    # No quoting leads out of the query.
    "' OR 1=1 --@a.test": set(),
    "a@b@a.test": set(),
}


@pytest.fixture(scope="module")
def accounts(tmp_path_factory) -> Path:
    """Make users, one of them disabled, and an alias of each kind."""
    path = tmp_path_factory.mktemp("accounts") / "accounts.db"
    path.touch()
    database.migrate(path)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("""
            INSERT INTO domains (id, name) VALUES
                (1, 'a.test'), (2, 'b.test'), (3, 'c.test'), (4, 'old.test');
            INSERT INTO domains (id, name, unicode_name) VALUES
                (5, 'xn--mnchen-3ya.test', 'münchen.test');
            INSERT INTO users (id, address, domain_id, password_id, enabled) VALUES
                (1, 'dave@a.test', 1, '1', 0),
                (2, 'alice@a.test', 1, '2', 1),
                (3, 'info@b.test', 2, '3', 1),
                (4, 'carol@b.test', 2, '4', 1),
                (5, 'bob@c.test', 3, '5', 1),
                (6, 'dave@c.test', 3, '6', 0),
                (7, 'gone@b.test', 2, '7', 0),
                (8, 'erin@xn--mnchen-3ya.test', 5, '8', 1),
                (9, 'help@a.test', 1, '9', 1);
            INSERT INTO aliases (source, target) VALUES
                ('sales@a.test', 'alice@a.test'), ('sales@a.test', 'bob@c.test'),
                ('sales@a.test', 'dave@a.test'), ('info', 'alice@a.test'),
                ('help', 'bob@c.test'),
                ('info@c.test', 'bob@c.test'), ('abuse@b.test', 'carol@b.test'),
                ('carol@b.test', 'carol@elsewhere.test'), ('@c.test', 'carol@b.test'),
                ('team@a.test', 'sales+x@old.test'), ('chain@c.test', 'info@a.test'),
                ('round@a.test', 'circle@a.test'), ('circle@a.test', 'round@a.test'),
                ('circle@a.test', 'bob@c.test'), ('alice+lists@a.test', 'bob@c.test'),
                ('@old.test', '@a.test'), ('@books.a.test', 'bob@c.test');
            INSERT INTO send_as (user_id, address) VALUES
                (8, '@apps.a.test'), (8, '@b.test'), (2, 'boss@c.test'),
                (1, '@disabled.a.test');
        """)
    return path


@pytest.fixture(scope="module")
def table(tmp_path_factory) -> Path:
    """Render the queries, and return the one that the signer is given."""
    settings = Settings(mail_domain="a.test", mail_hostname="mail.a.test")
    folder = tmp_path_factory.mktemp("rendered")
    for service in ("postfix", "dkim-sign"):
        name = f"{service}/senders.sqlite"
        path = folder / name
        path.parent.mkdir()
        path.write_text(render(CONFIG, settings, [], SERVED)[name])
    assert (folder / "postfix/senders.sqlite").read_text() == path.read_text()
    return path


def keys(local: str, domain: str) -> Iterator[tuple[str, str]]:
    """Yield the keys that Postfix looks up for an address (virtual(5))."""
    yield f"{local}@{domain}", local
    if local.find("+") > 0:
        yield f"{local.split('+')[0]}@{domain}", local.split("+")[0]


def postfix(accounts: Path, table: Path, local: str, domain: str) -> set[str]:
    """Answer as smtpd_sender_login_maps does (sqlite_table(5))."""
    with closing(sqlite3.connect(accounts)) as connection:
        for key, user in keys(local, domain):
            text = table.read_text().partition("query =")[2]
            values = {"%s": key, "%u": user, "%d": domain}
            quoted = {
                place: value.replace("'", "''") for place, value in values.items()
            }
            asked = re.sub("%[sud]", lambda found, q=quoted: q[found[0]], text)
            if found := connection.execute(asked).fetchall():
                return {login for (login,) in found}
    return set()


@pytest.mark.parametrize("address", OWNERS)
def test_postfix_and_signer_agree_on_the_owners_of_an_address(accounts, table, address):
    """Who gets an address's mail may send from it, in the envelope and in From:."""
    local, _, domain = address.rpartition("@")

    signer = owners(
        Address(local, domain), owner_query(table), f"file:{accounts}?mode=ro"
    )

    assert signer == postfix(accounts, table, local, domain)
    assert signer == OWNERS[address]


def test_owner_lookup_ignores_case(accounts, table):
    """An address is the same in any case."""
    address = Address("Alice", "a.test")

    owner = owners(address, owner_query(table), f"file:{accounts}?mode=ro")

    assert owner == {"alice@a.test"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("dbpath = /x\n", "no query"),
        ("query = SELECT 1\n", "alone"),
        ("query = SELECT 'x%s'\n", "alone"),
        ("query = SELECT '%s' WHERE '%5'\n", "alone"),
    ],
)
def test_query_with_spliced_key_is_refused(tmp_path, text, problem):
    """The key goes into the query as a parameter, or not at all."""
    path = tmp_path / "senders.sqlite"
    path.write_text(text)

    with pytest.raises(ConfigError, match=problem):
        owner_query(path)


def test_a_query_ends_where_the_next_parameter_begins(tmp_path):
    """Lines that begin with a blank belong to it, as in all Postfix files."""
    path = tmp_path / "senders.sqlite"
    path.write_text("# a\nquery = SELECT\n    '%s'\n\n  , '%d'\ndbpath = /x\n")

    assert owner_query(path).split() == ["SELECT", ":key", ",", ":domain"]


@pytest.mark.parametrize("name", ["empty.db", "missing.db"])
def test_missing_accounts_database_is_an_error(tmp_path, name):
    """Who wants to log in is put off while there is no table of users."""
    (tmp_path / "empty.db").touch()
    database = f"file:{tmp_path / name}?mode=ro"

    with pytest.raises(sqlite3.OperationalError):
        newest_password(database)
    with pytest.raises(sqlite3.OperationalError):
        login_is_valid("alice@a.test", 0, database)


@pytest.mark.parametrize(
    ("login", "since", "still"),
    [
        ("alice@a.test", 7, True),
        ("Alice@A.test", 8, True),
        # Another password was set after the session began.
        ("alice@a.test", 6, False),
        # Disabled, and removed.
        ("dave@a.test", 8, False),
        ("nobody@a.test", 8, False),
    ],
)
def test_login_is_valid_until_its_password_changes(accounts, login, since, still):
    """Or until its user is disabled or removed."""
    with closing(sqlite3.connect(accounts)) as connection, connection:
        connection.execute(
            "UPDATE users SET password_since = 7 WHERE address = 'alice@a.test'"
        )
    database = f"file:{accounts}?mode=ro"

    assert newest_password(database) == 7
    assert login_is_valid(login, since, database) is still
