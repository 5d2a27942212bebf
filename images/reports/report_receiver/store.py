"""
The database of reports.

`stack reports` reads it from outside of this container. Hence SQLite's own journal mode
DELETE: WAL would need every reader to write.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from report_receiver.parsing.report import Report

# What turns a database of each version into one of the next; the first makes it.
MIGRATIONS = (
    """
    CREATE TABLE reports (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL CHECK (kind IN ('dmarc', 'tls')),
        reporter TEXT NOT NULL,
        organization TEXT NOT NULL,
        report_id TEXT NOT NULL,
        domain TEXT NOT NULL,
        begins INTEGER NOT NULL,
        ends INTEGER NOT NULL,
        received INTEGER NOT NULL,
        size INTEGER NOT NULL,
        UNIQUE (kind, reporter, report_id, domain)
    );
    CREATE INDEX reports_ends ON reports (ends);
    CREATE TABLE messages (
        report INTEGER NOT NULL REFERENCES reports ON DELETE CASCADE,
        source TEXT NOT NULL,
        header_from TEXT NOT NULL,
        disposition TEXT NOT NULL,
        dkim INTEGER NOT NULL,
        spf INTEGER NOT NULL,
        reason TEXT NOT NULL,
        amount INTEGER NOT NULL
    );
    CREATE INDEX messages_report ON messages (report);
    CREATE TABLE sessions (
        report INTEGER NOT NULL REFERENCES reports ON DELETE CASCADE,
        policy TEXT NOT NULL,
        domain TEXT NOT NULL,
        mx TEXT NOT NULL,
        succeeded INTEGER NOT NULL,
        failed INTEGER NOT NULL
    );
    CREATE INDEX sessions_report ON sessions (report);
    CREATE TABLE failures (
        report INTEGER NOT NULL REFERENCES reports ON DELETE CASCADE,
        result TEXT NOT NULL,
        mx TEXT NOT NULL,
        reason TEXT NOT NULL,
        amount INTEGER NOT NULL
    );
    CREATE INDEX failures_report ON failures (report);
    CREATE TABLE refused (
        id INTEGER PRIMARY KEY,
        received INTEGER NOT NULL,
        reason TEXT NOT NULL
    );
    """,
)

# Strangers choose how much they send. Rows of one reporter in a day, of all reports,
# and of refused messages; the oldest of the latter two make room.
MOST_A_DAY = 100_000
MOST_ROWS = 1_000_000
MOST_REFUSED = 1_000

DAY = 86_400

# Seconds to wait for `stack`, which reads.
_BUSY = 10


class TooManyError(Exception):
    """A reporter has sent too much today."""


class Store:
    """The database at *path*, made if it isn't there."""

    def __init__(self, path: Path) -> None:
        """
        Open it, and bring it up to date.

        Raises:
            sqlite3.Error: It can't be read or written.
            ValueError: A newer version made it.
        """
        self.path = path
        self._database = sqlite3.connect(path, timeout=_BUSY, isolation_level=None)
        # A reply of 250 is a promise: the folder is on disk by then, too.
        self._database.execute("PRAGMA synchronous = EXTRA")
        self._database.execute("PRAGMA foreign_keys = ON")
        self._migrate()

    def _migrate(self) -> None:
        (version,) = self._database.execute("PRAGMA user_version").fetchone()
        if version > len(MIGRATIONS):
            raise ValueError(
                f"{self.path}: a newer version has made it; build that again"
            )
        for script in MIGRATIONS[version:]:
            version += 1
            self._database.executescript(
                f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {version}; COMMIT"
            )

    def close(self) -> None:
        """Close the database."""
        self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    def add(self, report: Report, keep_days: int) -> bool:
        """
        Keep *report*, and forget what ended over *keep_days* days ago.

        Returns:
            Whether it is new: the same report of the same reporter counts once.

        Raises:
            TooManyError: Its reporter has sent MOST_A_DAY rows since yesterday.
            sqlite3.Error: It can't be written.
        """
        now = int(time.time())
        with self._transaction() as database:
            (today,) = database.execute(
                "SELECT total(size) FROM reports WHERE reporter = ? AND received > ?",
                (report.reporter, now - DAY),
            ).fetchone()
            number = database.execute(
                "INSERT OR IGNORE INTO reports VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                " RETURNING id",
                (*report[:7], now, report.size),
            ).fetchone()
            if number is None:
                return False
            if today + report.size > MOST_A_DAY:
                raise TooManyError
            for table, rows in (
                ("messages (?, ?, ?, ?, ?, ?, ?, ?)", report.messages),
                ("sessions (?, ?, ?, ?, ?, ?)", report.sessions),
                ("failures (?, ?, ?, ?, ?)", report.failures),
            ):
                name, _, values = table.partition(" ")
                database.executemany(
                    f"INSERT INTO {name} VALUES {values}",  # noqa: S608 - ours
                    ((*number, *row) for row in rows),
                )
            self._forget(now - keep_days * DAY)
        return True

    def _forget(self, before: int) -> None:
        self._database.execute("DELETE FROM reports WHERE ends < ?", (before,))
        self._database.execute(
            "WITH counted AS (SELECT id, sum(size) OVER (ORDER BY ends DESC, id DESC)"
            " AS rows FROM reports)"
            " DELETE FROM reports WHERE id IN (SELECT id FROM counted WHERE rows > ?)",
            (MOST_ROWS,),
        )

    def refuse(self, reason: str) -> None:
        """
        Note that a message was refused, and why.

        Raises:
            sqlite3.Error: It can't be written.
        """
        with self._transaction() as database:
            database.execute(
                "INSERT INTO refused VALUES (NULL, ?, ?)", (int(time.time()), reason)
            )
            database.execute(
                "DELETE FROM refused WHERE id <= (SELECT max(id) FROM refused) - ?",
                (MOST_REFUSED,),
            )
