"""The database of reports: each counts once, and strangers can't fill it."""

import sqlite3
from contextlib import closing

import pytest
from report_receiver import store
from report_receiver.parsing.report import Failures, Messages, Report, Sessions
from report_receiver.store import Store, TooManyError

NOW = 1_800_000_000
ROW = Messages("192.0.2.1", "a.test", "none", True, False, "", 2)


@pytest.fixture(autouse=True)
def clock(monkeypatch) -> None:
    """Have it be NOW."""
    monkeypatch.setattr(store.time, "time", lambda: NOW)


@pytest.fixture
def path(tmp_path):
    """Where the database is."""
    return tmp_path / "reports.db"


def report(number: str = "1", reporter: str = "b.test", **changed) -> Report:
    """Return a report of one row."""
    made = Report("dmarc", reporter, "B", number, "a.test", NOW - 86400, NOW, (ROW,))
    return made._replace(**changed)


def rows(database, table: str) -> list[tuple]:
    """Return the rows of *table*."""
    return database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608


def count(path, table: str) -> int:
    """Count the rows of *table*."""
    with closing(sqlite3.connect(path)) as database:
        return len(rows(database, table))


def test_a_report_is_kept_whole(path):
    """With its rows, of each kind."""
    sessions, failures = (
        Sessions("sts", "a.test", "m", 1, 2),
        Failures("x", "m", "r", 2),
    )

    assert Store(path).add(
        report(kind="tls", sessions=(sessions,), failures=(failures,)), 400
    )

    with closing(sqlite3.connect(path)) as database:
        for table, row in (
            ("messages", ROW),
            ("sessions", sessions),
            ("failures", failures),
        ):
            assert rows(database, table) == [(1, *row)]


def test_the_same_report_counts_once(path):
    """By kind, reporter, id and domain; another reporter's of that id is another."""
    opened = Store(path)

    assert opened.add(report(), 400)
    assert not opened.add(report(), 400)
    assert opened.add(report(reporter="c.test"), 400)
    assert opened.add(report(domain="d.test"), 400)
    assert opened.add(report(kind="tls"), 400)
    assert count(path, "messages") == 4


def test_old_reports_are_forgotten(path):
    """With their rows, when another comes."""
    opened = Store(path)
    opened.add(report("1", ends=NOW - 5 * 86400), 400)
    opened.add(report("2"), 4)

    assert count(path, "reports") == count(path, "messages") == 1


def test_the_oldest_reports_make_room(path, monkeypatch):
    """There is a limit of rows in all."""
    monkeypatch.setattr(store, "MOST_ROWS", 4)
    opened = Store(path)
    for number in range(5):
        opened.add(report(str(number), ends=NOW + number), 400)

    with closing(sqlite3.connect(path)) as database:
        left = database.execute("SELECT report_id FROM reports ORDER BY 1").fetchall()
    assert left == [("3",), ("4",)]
    assert count(path, "messages") == 2


def test_one_reporter_has_a_limit_a_day(path, monkeypatch):
    """What goes past it is not kept at all; others are not concerned."""
    monkeypatch.setattr(store, "MOST_A_DAY", 3)
    opened = Store(path)
    opened.add(report("1"), 400)

    with pytest.raises(TooManyError):
        opened.add(report("2"), 400)
    assert opened.add(report("2", reporter="c.test"), 400)
    assert count(path, "reports") == count(path, "messages") == 2


def test_refused_messages_are_bounded(path, monkeypatch):
    """The oldest go."""
    monkeypatch.setattr(store, "MOST_REFUSED", 2)
    opened = Store(path)
    for reason in "abc":
        opened.refuse(reason)

    with closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT received, reason FROM refused").fetchall()
    assert found == [(NOW, "b"), (NOW, "c")]


def test_a_commit_is_on_disk(path):
    """A reply of 250 is a promise, also before a power cut."""
    (level,) = Store(path)._database.execute("PRAGMA synchronous").fetchone()

    assert level == 3


def test_a_newer_database_is_left_alone(path):
    """An older version doesn't know what is in it."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 9")

    with pytest.raises(ValueError, match="a newer version has made it"):
        Store(path)


def test_a_migration_is_whole_or_not_at_all(path, monkeypatch):
    """One that fails leaves what there was."""
    Store(path).close()
    monkeypatch.setattr(
        store,
        "MIGRATIONS",
        (*store.MIGRATIONS, "CREATE TABLE more (a); CREATE TABLE more (a);"),
    )

    with pytest.raises(sqlite3.Error):
        Store(path)

    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (1,)
        assert not database.execute(
            "SELECT 1 FROM sqlite_schema WHERE name = 'more'"
        ).fetchall()
