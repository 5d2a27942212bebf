"""Whose an address is: the guard before the signer and Postfix must agree on it."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from dkim_launcher.addresses import Address
from dkim_launcher.owners import owners

from stack import database

POSTFIX = Path(__file__).parents[2] / "config" / "postfix"

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
    "abuse@b.test": {"carol@b.test"},
    # A catch-all, for what is nobody's.
    "anybody@c.test": {"carol@b.test"},
    "bob@c.test": {"bob@c.test"},
    "bob+x@c.test": {"bob@c.test"},
    "nobody@a.test": set(),
    # Who forwards all mail may still send.
    "carol@b.test": {"carol@b.test", "carol@elsewhere.test"},
    # Who is disabled has no address.
    "dave@a.test": set(),
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
                (1, 'a.test'), (2, 'b.test'), (3, 'c.test');
            INSERT INTO users (address, domain_id, password_hash, enabled) VALUES
                ('dave@a.test', 1, '{ARGON2ID}x', 0),
                ('alice@a.test', 1, '{ARGON2ID}x', 1),
                ('info@b.test', 2, '{ARGON2ID}x', 1),
                ('carol@b.test', 2, '{ARGON2ID}x', 1),
                ('bob@c.test', 3, '{ARGON2ID}x', 1);
            INSERT INTO aliases (source, target) VALUES
                ('sales@a.test', 'alice@a.test'), ('sales@a.test', 'bob@c.test'),
                ('sales@a.test', 'dave@a.test'), ('info', 'alice@a.test'),
                ('info@c.test', 'bob@c.test'), ('abuse@b.test', 'carol@b.test'),
                ('carol@b.test', 'carol@elsewhere.test'), ('@c.test', 'carol@b.test');
        """)
    return path


def keys(local: str, domain: str) -> Iterator[tuple[str, str]]:
    """Yield the keys that Postfix looks up for an address (virtual(5))."""
    yield f"{local}@{domain}", local
    if "+" in local:
        yield f"{local.split('+')[0]}@{domain}", local.split("+")[0]
    yield f"@{domain}", ""


def postfix(accounts: Path, local: str, domain: str) -> set[str]:
    """Answer as smtpd_sender_login_maps does (sqlite_table(5))."""
    with closing(sqlite3.connect(accounts)) as connection:
        for key, user in keys(local, domain):
            for table in ("senders", "names"):
                query = (
                    (POSTFIX / f"{table}.sqlite").read_text().partition("query =")[2]
                )
                # Without a user part a query that asks for one is not made.
                if "%u" in query and not user:
                    continue
                values = {"%s": key, "%u": user, "%d": domain}
                asked = re.sub("%[sud]", lambda found, v=values: v[found[0]], query)
                if found := connection.execute(asked).fetchall():
                    return {login for (login,) in found}
    return set()


@pytest.mark.parametrize("address", OWNERS)
def test_postfix_and_the_guard_name_the_same_owners(accounts, address):
    """Who gets an address's mail may send from it, in the envelope and in From:."""
    local, _, domain = address.partition("@")

    guard = owners(Address(local, domain), f"file:{accounts}?mode=ro")

    assert guard == postfix(accounts, local, domain)
    assert guard == OWNERS[address]


def test_capitals_make_no_difference(accounts):
    """An address is the same in any case."""
    owner = owners(Address("Alice", "a.test"), f"file:{accounts}?mode=ro")

    assert owner == {"alice@a.test"}
