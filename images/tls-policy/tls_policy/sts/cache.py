"""The policies that were fetched, in a SQLite file: they outlive this container."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tls_policy.sts.policy import Policy

_SCHEMA = """
CREATE TABLE IF NOT EXISTS policies (
    domain TEXT PRIMARY KEY,
    id TEXT NOT NULL,
    mode TEXT NOT NULL,
    mx TEXT NOT NULL,
    max_age INTEGER NOT NULL,
    fetched REAL NOT NULL
) WITHOUT ROWID
"""
# About ten megabytes. Beyond that, those go first that were fetched first.
_MOST = 20_000


@dataclass(frozen=True)
class Stored:
    """A policy that was fetched once."""

    id: str
    """That of the DNS record then: a policy that has changed has another."""

    policy: Policy

    fetched: float
    """In seconds of the epoch."""

    @property
    def expires(self) -> float:
        """When it stops to hold, in seconds of the epoch."""
        return self.fetched + self.policy.max_age


class CacheError(Exception):
    """The file can't be read or written: where it is, why, and what to do."""


class Cache:
    """The file *path*. Its methods block for as long as the disk takes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, domain: str, now: float) -> Stored | None:
        """
        Return the policy of *domain* that holds at *now*, seconds of the epoch.

        Raises:
            CacheError: Nobody knows whether there is one.
        """
        with self._opened() as database:
            row = database.execute(
                "SELECT id, mode, mx, max_age, fetched FROM policies"
                " WHERE domain = ? AND fetched + max_age > ?",
                (domain, now),
            ).fetchone()
        if row is None:
            return None
        id, mode, mx, max_age, fetched = row
        return Stored(id, Policy(mode, tuple(mx.split()), max_age), fetched)

    def put(self, domain: str, stored: Stored) -> None:
        """
        Keep the policy of *domain*, in the place of an older one.

        Raises:
            CacheError: It could not be written.
        """
        policy = stored.policy
        row = (domain, stored.id, policy.mode, " ".join(policy.mx), policy.max_age)
        with self._opened() as database:
            database.execute(
                "REPLACE INTO policies VALUES (?, ?, ?, ?, ?, ?)",
                (*row, stored.fetched),
            )
            database.execute(
                "DELETE FROM policies WHERE fetched + max_age <= ?", (stored.fetched,)
            )
            database.execute(
                "DELETE FROM policies WHERE domain IN (SELECT domain FROM policies"
                " ORDER BY fetched DESC LIMIT -1 OFFSET ?)",
                (_MOST,),
            )

    def fetched_before(self, moment: float) -> list[str]:
        """
        Return the domains whose policy was fetched before *moment*.

        Raises:
            CacheError: The file can't be read.
        """
        with self._opened() as database:
            rows = database.execute(
                "SELECT domain FROM policies WHERE fetched < ? ORDER BY fetched",
                (moment,),
            ).fetchall()
        return [domain for (domain,) in rows]

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self._path, timeout=5)) as database, database:
                database.execute(_SCHEMA)
                yield database
        except sqlite3.Error as error:
            raise CacheError(
                f"{self._path}: {error}: make room on its disk; if it is damaged,"
                " remove it and restart tls-policy, which fetches all policies again"
            ) from error
