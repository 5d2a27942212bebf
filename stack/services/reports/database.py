"""
Reads the database of reports, which the service `reports` writes.

Its tables: images/reports/report_receiver/store.py.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack.system.errors import UnableError

VERSION = 1
DAY = 86_400

# Seconds to wait for the service, which writes for milliseconds.
BUSY = 10

# Of a time and a domain, or names below it.
SELECTED = """
    WITH selected AS (
        SELECT * FROM reports WHERE kind = :kind AND ends >= :since
        AND (:domain = '' OR domain = :domain OR domain LIKE '%.' || :domain)
    )
"""


@dataclass(frozen=True)
class Selection:
    """Which reports to read."""

    days: int = 30
    """Of how many days, up to now."""
    domain: str = ""
    """About this domain and those below it; empty for all."""

    @property
    def since(self) -> int:
        """The first second of that time, of the epoch."""
        return int(time.time()) - self.days * DAY


class Reader:
    """The rows of an open database that a *selection* is about."""

    def __init__(self, opened: sqlite3.Connection, selection: Selection) -> None:
        self.opened = opened
        self.selection = selection

    def rows(self, kind: str, query: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of *query*, about the reports of *kind* in `selected`."""
        values = {
            "kind": kind,
            "since": self.selection.since,
            "domain": self.selection.domain,
        }
        yield from self.opened.execute(SELECTED + query, values)

    def refused(self) -> Iterator[tuple[int, str]]:
        """Yield when a message was refused, in seconds of the epoch, and why."""
        yield from self.opened.execute(
            "SELECT received, reason FROM refused WHERE received >= ? ORDER BY id DESC",
            (self.selection.since,),
        )


@contextmanager
def reading(path: Path, selection: Selection) -> Iterator[Reader | None]:
    """
    Open the database at *path*, to read it; None where none was made yet.

    Raises:
        UnableError: It can't be read.
        PermissionError: This user may not.
    """
    try:
        path.stat()
    except FileNotFoundError:
        yield None
        return
    try:
        uri = f"{path.resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=BUSY)) as opened:
            (version,) = opened.execute("PRAGMA user_version").fetchone()
            if version == VERSION:
                yield Reader(opened, selection)
                return
    except sqlite3.Error as error:
        raise UnableError(
            f"{path}: {error}: see that the service `reports` is healthy (`docker"
            " compose ps`), then run it again"
        ) from None
    if version == 0:
        yield None
        return
    raise UnableError(
        f"{path}: another version of the service `reports` has made it: run `docker"
        " compose build`, then `docker compose up --detach`"
    )
