"""An accounts database of an earlier version, brought up to date with all it holds."""

import sqlite3
from contextlib import closing

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from stack.accounts import users
from stack.accounts.routing import graph
from stack.accounts.store import database, password_hashes
from stack.accounts.store.models import Domain, SendAs, SpamSender


@pytest.fixture
def old(tmp_path):
    """A database as the first version made it, with rows in each table."""
    path = tmp_path / "accounts.db"
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", "stack.accounts.store:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("""
            INSERT INTO domains (id, name) VALUES
                (1, 'example.org'), (2, 'xn--mnchen-3ya.example'),
                (3, 'xn--0000.example');
            INSERT INTO users (id, address, domain_id, password_hash, quota_bytes)
                VALUES (7, 'alice@example.org', 1, '{ARGON2ID}x', 5);
            INSERT INTO aliases (id, source, target) VALUES
                (5, 'info', 'alice@example.org'),
                (6, '@xn--mnchen-3ya.example', 'alice@example.org');
        """)
    return path


def test_all_that_was_there_is_there_afterwards(old):
    """Users, aliases and domains keep their rows."""
    database.migrate(old)

    with database.session(old) as session:
        (alice,) = users.listed(session)
        assert (alice.id, alice.address, alice.quota_bytes) == (
            7,
            "alice@example.org",
            5,
        )
        assert graph.listed(session) == {
            "@xn--mnchen-3ya.example": ["alice@example.org"],
            "info": ["alice@example.org"],
        }
        assert session.query(SendAs).all() == []
        assert session.query(SpamSender).all() == []
        assert alice.spam_threshold is None


def test_passwords_move_to_a_file_of_their_own(old):
    """Each user keeps the login, and the accounts hold nothing of the hash any more."""
    database.migrate(old)

    file = old.with_name("passwords.db")
    with database.session(old) as session:
        (alice,) = users.listed(session)
        assert password_hashes.ids(file) == {alice.password_id}
    with closing(sqlite3.connect(file)) as connection:
        found = connection.execute("SELECT hash FROM passwords").fetchall()
    assert found == [("{ARGON2ID}x",)]
    assert b"ARGON2ID" not in old.read_bytes()


def test_a_migration_that_is_cut_off_is_begun_anew(old, monkeypatch):
    """The hashes were written before; the second time they are written again."""
    with monkeypatch.context() as cut:
        cut.setattr("alembic.op.drop_table", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            database.migrate(old)
    assert b"ARGON2ID" in old.read_bytes()

    database.migrate(old)

    assert database.without_password(old) == []


def test_domains_learn_how_people_write_them(old):
    """A name that no rule of IDNA can read stays as it is."""
    database.migrate(old)

    with database.session(old) as session:
        written = {each.name: each.unicode_name for each in session.query(Domain)}

    assert written == {
        "example.org": None,
        "xn--mnchen-3ya.example": "münchen.example",
        "xn--0000.example": None,
    }


def test_an_alias_keeps_its_domain_at_hand(old):
    """Worked out by the database itself, also for rows that are added by hand."""
    database.migrate(old)

    with closing(sqlite3.connect(old)) as connection:
        connection.execute(
            "INSERT INTO aliases (source, target) VALUES ('x@b.example', 'y@z.example')"
        )
        found = connection.execute("SELECT source, domain FROM aliases").fetchall()

    assert dict(found) == {
        "info": None,
        "@xn--mnchen-3ya.example": "xn--mnchen-3ya.example",
        "x@b.example": "b.example",
    }


def test_commands_say_what_to_do_before_it_is_migrated(old):
    """Only `stack init` migrates, and an old database is never half read."""
    with (
        pytest.raises(database.UnableError, match="run `stack init` first"),
        database.session(old),
    ):
        pass


def test_views_have_their_new_names_and_keep_the_former(old):
    """A container that has not taken the new configuration yet asks by the former."""
    database.migrate(old)

    with closing(sqlite3.connect(old)) as connection:
        for former, name in {
            "links": "alias_targets",
            "twins": "domain_aliases",
            "ours": "accepted_domains",
        }.items():
            rows = connection.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
            assert rows
            assert rows == connection.execute(f"SELECT * FROM {former}").fetchall()  # noqa: S608
