"""The accounts database: its schema, its migrations, and who it turns away."""

import sqlite3
import threading
from contextlib import closing
from itertools import count

import pytest
from alembic.autogenerate import compare_metadata
from alembic.ddl.impl import DefaultImpl
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError

from stack.accounts.store import database
from stack.accounts.store.models import Alias, Base, Domain, SendAs, SpamSender, User
from stack.system.errors import StackError, UnableError


@pytest.fixture
def path(tmp_path):
    """A migrated, empty database."""
    database.migrate(tmp_path / "accounts.db")
    return tmp_path / "accounts.db"


def test_the_migrations_make_what_the_models_say(path):
    """Nothing is in one and not in the other, and the version is the newest."""
    engine = create_engine(f"sqlite:///{path}")

    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == database.REVISION
    engine.dispose()


def test_the_migrations_make_the_same_rules(path, tmp_path):
    """Also the checks, which Alembic does not compare."""
    direct = create_engine(f"sqlite:///{tmp_path / 'direct.db'}")
    Base.metadata.create_all(direct)
    direct.dispose()

    def rules(file):
        with closing(sqlite3.connect(file)) as opened:
            sql = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name != ?"
            tables = opened.execute(sql, ["alembic_version"]).fetchall()
        lines = {line.strip(" ,\t") for (each,) in tables for line in each.splitlines()}
        return {line for line in lines if line.startswith("CONSTRAINT")}

    assert rules(path) == rules(tmp_path / "direct.db")
    assert len(rules(path)) == 36


def test_a_second_migration_changes_nothing(path):
    """A database that is up to date stays byte for byte the same."""
    before = path.read_bytes()

    database.migrate(path)

    assert path.read_bytes() == before


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    """Tables are made all together or not at all, in SQLite as elsewhere."""
    path = tmp_path / "accounts.db"
    original = DefaultImpl.create_table

    def cut_off_at_aliases(self, table, **kwargs):
        if table.name == "aliases":
            raise RuntimeError("power cut")
        original(self, table, **kwargs)

    monkeypatch.setattr(DefaultImpl, "create_table", cut_off_at_aliases)

    with pytest.raises(RuntimeError, match="power cut"):
        database.migrate(path)

    assert database.revision(path) is None
    with closing(sqlite3.connect(path)) as opened:
        assert opened.execute("SELECT name FROM sqlite_master").fetchall() == []


NUMBERS = count()


def user(address: str, **other: object) -> User:
    """Return a user of the first domain, right but for what is *other*."""
    return User(
        **{"address": address, "domain_id": 1, "password_id": str(next(NUMBERS))}
        | other
    )


def alias(source: str, target: str) -> Alias:
    """Return an alias."""
    return Alias(source=source, target=target)


def sender(address: str, **other: object) -> SpamSender:
    """Return a sender whom everybody blocks, right but for what is *other*."""
    return SpamSender(**{"verdict": "block", "address": address} | other)


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: Domain(name="Example.org"), "ck_domains_lower"),
        (lambda: Domain(name="example.org"), "domains.name"),
        (lambda: user("A@example.org"), "ck_users_lower"),
        (lambda: user("alice"), "ck_users_address"),
        (lambda: user("alice@example.org"), "users.address"),
        (lambda: user("a@example.org", domain_id=2), "FOREIGN KEY"),
        (
            lambda: user("a@example.org", password_id="hers"),
            "users.password_id",
        ),
        (lambda: user("a@example.org", mailbox="../b"), "ck_users_mailbox"),
        (lambda: user("a@x.org", quota_bytes=0), "ck_users_quota"),
        (lambda: user("a@x.org", quota_bytes=-1), "ck_users_quota"),
        (lambda: user("a@x.org", spam_threshold=0), "ck_users_spam_threshold"),
        (lambda: user("a@x.org", spam_threshold=51), "ck_users_spam_threshold"),
        (lambda: alias("Info@example.org", "a@x.org"), "ck_aliases_source_lower"),
        (lambda: alias("info@example.org", "A@x.org"), "ck_aliases_target_lower"),
        (lambda: alias("info@example.org", "a"), "ck_aliases_target"),
        (
            lambda: alias("info@example.org", "alice@example.org"),
            "aliases.source, aliases.target",
        ),
        (lambda: alias("info@example.org", "@example.org"), "ck_aliases_target"),
        (lambda: alias("info", "@example.org"), "ck_aliases_target"),
        (lambda: alias("@example.org", "@"), "ck_aliases_target"),
        (lambda: SendAs(user_id=1, address="App@example.org"), "ck_send_as_lower"),
        (lambda: SendAs(user_id=1, address="app"), "ck_send_as_address"),
        (lambda: SendAs(user_id=1, address="@"), "ck_send_as_address"),
        (
            lambda: SendAs(user_id=1, address="@books.example.org"),
            "send_as.user_id, send_as.address",
        ),
        (lambda: SendAs(user_id=2, address="app@example.org"), "FOREIGN KEY"),
        (lambda: sender("a@shop.example", verdict="maybe"), "ck_spam_senders_verdict"),
        (lambda: sender("A@shop.example"), "ck_spam_senders_lower"),
        (lambda: sender("shop.example"), "ck_spam_senders_address"),
        (lambda: sender("@"), "ck_spam_senders_address"),
        (lambda: sender('a"@shop.example'), "ck_spam_senders_quotes"),
        (lambda: sender("a\\@shop.example"), "ck_spam_senders_quotes"),
        (
            lambda: sender("@shop.example", unicode_address='@"'),
            "ck_spam_senders_unicode_quotes",
        ),
        (lambda: sender("@news.example"), "spam_senders.address"),
        (
            lambda: sender("@news.example", user_id=1),
            "spam_senders.user_id, spam_senders.address",
        ),
        (lambda: sender("@shop.example", user_id=2), "FOREIGN KEY"),
    ],
)
def test_the_schema_itself_refuses_bad_rows(path, make, rule):
    """Upper case, orphans, doubles, bare passwords: whoever writes them."""
    with database.session(path) as session:
        session.add(Domain(name="example.org"))
        session.flush()
        session.add(user("alice@example.org", password_id="hers"))
        session.add(alias("info@example.org", "alice@example.org"))
        session.flush()
        session.add(SendAs(user_id=1, address="@books.example.org"))
        session.add(sender("@news.example", verdict="welcome"))
        session.add(sender("@news.example", verdict="welcome", user_id=1))

    with pytest.raises(IntegrityError) as refused, database.session(path) as session:
        session.add(make())

    kind, _, name = str(refused.value.orig).partition(" constraint failed")
    assert (name.removeprefix(": ") or kind) == rule


def test_a_domain_with_users_cannot_be_deleted(path):
    """Foreign keys are enforced, which SQLite does only when asked."""
    with database.session(path) as session:
        session.add(Domain(id=1, name="example.org"))
        session.flush()
        session.add(user("a@example.org"))

    with (
        pytest.raises(IntegrityError, match="FOREIGN KEY constraint failed"),
        database.session(path) as session,
    ):
        session.execute(text("DELETE FROM domains"))


def test_what_fails_is_taken_back(path):
    """An error half way leaves the accounts as they were."""

    def add_and_fail():
        with database.session(path) as session:
            session.add(Domain(name="example.org"))
            session.flush()
            raise StackError("no")

    with pytest.raises(StackError, match=r"^no$"):
        add_and_fail()

    assert database.domains(path) == []


def test_a_reader_sees_a_change_at_once_without_writing(path):
    """Journal mode DELETE: a read-only connection, as the daemons have, follows."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as reader:
        with database.session(path) as session:
            session.add(Domain(name="example.org"))

        assert reader.execute("SELECT name FROM domains").fetchall() == [
            ("example.org",)
        ]
        assert reader.execute("PRAGMA journal_mode").fetchone() == ("delete",)


def test_a_writer_waits_for_a_reader(path):
    """A daemon that is reading holds a command up, it does not fail it."""
    reader = sqlite3.connect(path, check_same_thread=False)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM domains").fetchall()
    timer = threading.Timer(0.3, reader.rollback)
    timer.start()

    with database.session(path) as session:
        session.add(Domain(name="example.org"))

    timer.join()
    reader.close()
    assert database.domains(path) == ["example.org"]


def test_the_file_is_never_replaced(path):
    """The daemons' mounts follow the inode."""
    before = path.stat().st_ino

    with database.session(path) as session:
        session.add(Domain(name="example.org"))
    database.migrate(path)

    assert path.stat().st_ino == before


def test_a_missing_database_is_not_made_by_the_way(tmp_path):
    """Only `stack init` makes one; the error says so."""
    path = tmp_path / "accounts.db"

    with pytest.raises(UnableError, match="run `stack init`"), database.session(path):
        pass

    assert database.domains(path) == []
    assert not path.exists()


def test_a_newer_database_is_refused(path):
    """An old `stack` doesn't touch what it does not know."""
    with database.session(path) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(UnableError, match="made by a newer stack"):
        database.revision(path)


def test_a_file_that_is_no_database_is_told_as_such(tmp_path):
    """Damage is one line that names the file, not a stack trace."""
    path = tmp_path / "accounts.db"
    path.write_text("rubbish" * 1000)

    with pytest.raises(UnableError, match="is not a database"):
        database.revision(path)
