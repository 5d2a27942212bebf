"""Which addresses lead to another server, and which are on one (sqlite_table(5))."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from stack.accounts.store import database
from stack.apply.render import render
from stack.certs.store import Served
from stack.config.settings import Settings
from tests.support.places import CONFIG

SERVED = Served(("mail.a.test.pem",), ())
Ask = Callable[[str, str], list[str]]


@pytest.fixture(scope="module")
def ask(tmp_path_factory) -> Iterator[Ask]:
    """Look an address up in a table of Postfix, as its query says."""
    path = tmp_path_factory.mktemp("accounts") / "accounts.db"
    path.touch()
    database.migrate(path)
    settings = Settings(mail_domain="a.test", mail_hostname="mail.a.test")
    rendered = render(CONFIG, settings, [], SERVED)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("""
            INSERT INTO domains (id, name) VALUES (1, 'a.test'), (2, 'old.test');
            INSERT INTO users (id, address, domain_id, password_id, enabled) VALUES
                (1, 'alice@a.test', 1, '1', 1), (2, 'bob@a.test', 1, '2', 1);
            INSERT INTO aliases (source, target) VALUES
                ('here@a.test', 'alice@a.test'), ('away@a.test', 'x@other.test'),
                ('both@a.test', 'alice@a.test'), ('both@a.test', 'away+x@a.test'),
                ('team', 'both@a.test'), ('bob@a.test', 'bob@other.test'),
                ('bob@a.test', 'bob@a.test'), ('@old.test', '@a.test'),
                ('@sub.a.test', 'away@a.test'), ('round@a.test', 'circle@a.test'),
                ('circle@a.test', 'round@a.test');
        """)

        def look(table: str, address: str) -> list[str]:
            local, _, domain = address.rpartition("@")
            text = rendered[f"postfix/{table}.sqlite"].partition("query =")[2]
            for place, value in {"%s": address, "%u": local, "%d": domain}.items():
                text = text.replace(place, value.replace("'", "''"))
            return [value for (value,) in connection.execute(text.replace("%%", "%"))]

        yield look


@pytest.mark.parametrize(
    ("address", "leaves"),
    [
        ("alice@a.test", False),
        ("alice+x@a.test", False),
        ("here@a.test", False),
        ("away@a.test", True),
        ("away+x@a.test", True),
        ("both@a.test", True),
        ("team@a.test", True),
        ("bob@a.test", True),
        ("away@old.test", True),
        ("alice@old.test", False),
        ("any@sub.a.test", True),
        ("round@a.test", False),
        ("nobody@a.test", False),
        ("alice@mail.a.test", False),
        ("x'; --@a.test", False),
    ],
)
def test_an_alias_leads_out_if_one_of_its_ends_is_elsewhere(ask, address, leaves):
    """Over however many steps, and through whatever form of alias."""
    assert ask("leads_out", address) == ["PREPEND X-Leads-Out: yes"] * leaves


@pytest.mark.parametrize(
    ("address", "marked"),
    [
        ("x@other.test", True),
        ("x@b.a.test", True),
        ("alice@a.test", False),
        ("away@a.test", False),
        ("any@sub.a.test", False),
        ("postmaster@mail.a.test", False),
        ("alice@old.test", False),
    ],
)
def test_only_an_address_elsewhere_is_marked(ask, address, marked):
    """With what leads it to the service that rewrites its sender."""
    expected = [f"{address}.forwarded.invalid"] * marked
    assert ask("forwarded", address) == expected


def test_a_marked_address_is_not_marked_again(ask):
    """Postfix looks each address up until it finds no more."""
    assert ask("forwarded", "x@other.test.forwarded.invalid") == []
