"""
What is counted, and the reports that are on their way: an SQLite database.

A report is made and its rows are gone in one transaction, and each recipient of it is
crossed off when Postfix has taken it. So whenever this is killed, nothing is counted
twice, and a report that may have been taken is sent again under the same Report-ID.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from report_sender.counting.period import Period, period_of
from report_sender.counting.results import SECONDS_A_DAY, Group, Result

# Rows. Strangers choose what differs between them: these bound the disk that they take.
MOST_OF_A_DOMAIN = 10_000
MOST_POLICIES = 5
MOST = 200_000

# Seconds that one part waits for the other's transaction.
_PATIENCE = 20.0

_SCHEMA = """
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS results (
    day INTEGER NOT NULL,
    kind TEXT NOT NULL,
    domain TEXT NOT NULL,
    policy TEXT NOT NULL,
    line TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (day, kind, domain, policy, line)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reported (
    kind TEXT PRIMARY KEY,
    until INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reports (
    id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    domain TEXT NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    made INTEGER NOT NULL,
    packed BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS recipients (
    report TEXT NOT NULL REFERENCES reports ON DELETE CASCADE,
    uri TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (report, uri)
) WITHOUT ROWID;
"""


class Report(NamedTuple):
    """A report that is made, and packed for its way."""

    id: str
    """Letters and digits, of no other report."""
    kind: str
    domain: str
    period: Period
    made: int
    """Seconds since 1970."""
    packed: bytes
    """The report as a file of gzip(1)."""


class Recipient(NamedTuple):
    """A URI that a report is to be sent to, and how often that was tried."""

    report: str
    uri: str
    tries: int


Make = Callable[[Group, Iterable[tuple[str, int]], Period], Report]
"""From a group, its rows with their counts, and a period."""


class Store:
    """The database at *path*; every method raises sqlite3.Error."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with closing(sqlite3.connect(path, timeout=_PATIENCE)) as database:
            database.executescript(_SCHEMA)

    def add(self, day: int, results: Iterable[Result]) -> int:
        """
        Count *results* of a *day*, in one transaction.

        Returns:
            How many were left out, because there were too many that differ.
        """
        with self._open() as database:
            full = _rows(database) >= MOST
            return sum(
                count
                for result, count in Counter(results).items()
                if not _counted(database, day, result, count, full)
            )

    def open_groups(self, kind: str, until: int) -> list[tuple[int, Group]]:
        """Return days and groups with rows of before *until*, seconds since 1970."""
        with self._open() as database:
            found = database.execute(
                "SELECT DISTINCT day, domain, policy FROM results"
                " WHERE kind = ? AND day * ? < ? ORDER BY day, domain",
                (kind, SECONDS_A_DAY, until),
            )
            return [(day, Group(kind, *names)) for day, *names in found]

    def has_due(self, until: int, now: int) -> bool:
        """
        Tell whether there is anything to send, both times in seconds since 1970.

        That is rows of before *until*, or a report that is due by *now*.
        """
        with self._open() as database:
            found = database.execute(
                "SELECT EXISTS (SELECT * FROM results WHERE day * ? < ?)"
                " OR EXISTS (SELECT * FROM recipients WHERE due <= ?)",
                (SECONDS_A_DAY, until, now),
            )
            return bool(found.fetchone()[0])

    def close(
        self, day: int, group: Group, until: int, make: Make, uris: Iterable[str]
    ) -> None:
        """Have *make* write the report of a *group*'s *day*, and forget its rows."""
        with self._open() as database:
            rows = database.execute(
                "SELECT line, count FROM results"
                " WHERE day = ? AND kind = ? AND domain = ? AND policy = ?",
                (day, *group),
            )
            period = period_of(day, _reported(database, group.kind), until)
            report = make(group, rows, period)
            database.execute(
                "INSERT INTO reports VALUES (?, ?, ?, ?, ?, ?, ?)",
                (report.id, *report[1:3], *report.period, *report[4:]),
            )
            database.executemany(
                "INSERT OR IGNORE INTO recipients (report, uri) VALUES (?, ?)",
                [(report.id, uri) for uri in uris],
            )
            _drop(database, day, group)

    def drop(self, day: int, group: Group) -> None:
        """Forget the rows of a *group*'s *day*."""
        with self._open() as database:
            _drop(database, day, group)

    def closed(self, kind: str, until: int) -> None:
        """Remember that there are reports on all up to *until*, seconds since 1970."""
        with self._open() as database:
            database.execute(
                "INSERT INTO reported VALUES (?, ?)"
                " ON CONFLICT DO UPDATE SET until = max(until, excluded.until)",
                (kind, until),
            )

    def forget(self, kind: str) -> None:
        """Forget all rows of a *kind* of which there are no reports."""
        with self._open() as database:
            database.execute("DELETE FROM results WHERE kind = ?", (kind,))

    def due(self, now: int) -> list[Recipient]:
        """Return to whom a report is to be sent by *now*, seconds since 1970."""
        with self._open() as database:
            found = database.execute(
                "SELECT report, uri, tries FROM recipients WHERE due <= ?"
                " ORDER BY report, uri",
                (now,),
            )
            return [Recipient(*row) for row in found]

    def report(self, report_id: str) -> Report:
        """Return the report of that Report-ID, which must have recipients."""
        with self._open() as database:
            row = database.execute(
                "SELECT id, kind, domain, first, last, made, packed FROM reports"
                " WHERE id = ?",
                (report_id,),
            ).fetchone()
            name, kind, domain, first, last, made, packed = row
            return Report(name, kind, domain, Period(first, last), made, packed)

    def put_off(self, recipient: Recipient, until: int) -> None:
        """Try again at *until*, seconds since 1970."""
        with self._open() as database:
            database.execute(
                "UPDATE recipients SET tries = tries + 1, due = ?"
                " WHERE report = ? AND uri = ?",
                (until, recipient.report, recipient.uri),
            )

    def done(self, recipient: Recipient) -> None:
        """Cross *recipient* off, and with the last one its report."""
        with self._open() as database:
            database.execute(
                "DELETE FROM recipients WHERE report = ? AND uri = ?", recipient[:2]
            )
            database.execute(
                "DELETE FROM reports WHERE id NOT IN (SELECT report FROM recipients)"
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Yield the database, in a transaction that nobody else writes beside."""
        with closing(
            sqlite3.connect(self._path, timeout=_PATIENCE, isolation_level=None)
        ) as database:
            database.execute("PRAGMA foreign_keys = ON")
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                # A query that is not at its end would hold the lock.
                database.rollback()
                raise
            database.execute("COMMIT")


def _drop(database: sqlite3.Connection, day: int, group: Group) -> None:
    database.execute(
        "DELETE FROM results WHERE day = ? AND kind = ? AND domain = ? AND policy = ?",
        (day, *group),
    )


def _rows(database: sqlite3.Connection) -> int:
    return int(database.execute("SELECT count(*) FROM results").fetchone()[0])


def _counted(
    database: sqlite3.Connection, day: int, result: Result, count: int, full: bool
) -> bool:
    group = result.group
    key = (day, group.kind, group.domain, group.policy, result.row)
    known = database.execute(
        "UPDATE results SET count = count + ? WHERE day = ? AND kind = ?"
        " AND domain = ? AND policy = ? AND line = ?",
        (count, *key),
    )
    if known.rowcount:
        return True
    if full or _is_full(database, day, group):
        return False
    database.execute("INSERT INTO results VALUES (?, ?, ?, ?, ?, ?)", (*key, count))
    return True


def _is_full(database: sqlite3.Connection, day: int, group: Group) -> bool:
    rows, policies, same = database.execute(
        "SELECT count(*), count(DISTINCT policy), coalesce(max(policy = ?), 0)"
        " FROM results WHERE day = ? AND kind = ? AND domain = ?",
        (group.policy, day, group.kind, group.domain),
    ).fetchone()
    return rows >= MOST_OF_A_DOMAIN or (policies >= MOST_POLICIES and not same)


def _reported(database: sqlite3.Connection, kind: str) -> int:
    row = database.execute(
        "SELECT until FROM reported WHERE kind = ?", (kind,)
    ).fetchone()
    return row[0] if row else 0
