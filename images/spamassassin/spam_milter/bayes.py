"""The Bayes database: SpamAssassin's tables, in SQLite."""

import contextlib
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from milter_runtime.log import say

DATABASE = Path("/var/lib/bayes/bayes.db")
"""As bayes_sql_dsn in local.cf names it."""

SITE = "site"
"""The user name of the training for all; no user is called so, without an @."""

MIN_TRAINED = 200
"""Messages of each kind that Bayes needs before it scores: the defaults of
bayes_min_spam_num and bayes_min_ham_num in Mail::SpamAssassin::Conf(3p)."""

VERSION = "3"
"""Of the tables, as SCHEMA has it."""

SCHEMA = Path(__file__).with_name("bayes.sql")


@dataclass(frozen=True)
class TrainingCounts:
    """How much has been taught for one user, or for the site."""

    nspam: int
    nham: int
    ntokens: int
    oldest: int | None
    """When the least recently used token was used, in seconds of the epoch."""
    newest: int | None
    last_expiry: int | None
    """When unused tokens were last removed."""

    @property
    def judges(self) -> bool:
        """Whether it is enough for SpamAssassin to use it."""
        return min(self.nspam, self.nham) >= MIN_TRAINED


class Bayes:
    """The database at *path*. spamd opens it for each message, this object once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.kept: sqlite3.Connection | None = None

    def prepare(self) -> None:
        """
        Make the database if there is none, and put one that is damaged aside.

        Raises:
            OSError, sqlite3.Error: It can't be made; scans work without it.
        """
        if fault := self.fault():
            self.put_aside(fault)
        if self.kept:
            self.kept.close()
        self.kept = sqlite3.connect(self.path, check_same_thread=False)
        # A kill or a power cut leaves it intact, and readers never wait.
        self.kept.execute("PRAGMA journal_mode = WAL")
        if not self.kept.execute("PRAGMA schema_version").fetchone()[0]:
            self.kept.executescript(f"BEGIN;{SCHEMA.read_text()}COMMIT;")
        # The last connection to close checkpoints the log. This one stays open, so that
        # no scan has to; it counts once it has read something.
        self.kept.execute("SELECT count(*) FROM bayes_vars").fetchone()

    def fault(self) -> str | None:
        """Return what is wrong with the database, if there is one and anything is."""
        if not self.path.exists():
            return None
        try:
            with self.reading() as database:
                (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
                if not database.execute("PRAGMA schema_version").fetchone()[0]:
                    return None
                query = "SELECT value FROM bayes_global_vars WHERE variable = 'VERSION'"
                (version,) = database.execute(query).fetchone() or (None,)
        except sqlite3.OperationalError as error:
            # Locked, or short of memory or disk: the data is not at fault.
            return (
                None if error.sqlite_errorcode != sqlite3.SQLITE_ERROR else str(error)
            )
        except sqlite3.DatabaseError as error:
            return str(error)
        if found != "ok":
            return str(found)
        return None if version == VERSION else f"its version is {version}"

    def put_aside(self, fault: str) -> None:
        """Rename the damaged database, and keep it for inspection."""
        aside = self.path.with_name(f"{self.path.name}.damaged-{int(time.time())}")
        for suffix in ("-wal", "-shm", ""):
            part = self.path.with_name(self.path.name + suffix)
            with contextlib.suppress(FileNotFoundError):
                part.rename(f"{aside}{suffix}")
        say(
            f"bayes: damaged ({fault}): put aside as {aside};"
            " learning begins anew, and what was learnt before doesn't count"
        )

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """
        Open the database for some queries.

        Raises:
            sqlite3.Error: When it can't be read.
        """
        address = f"{self.path.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
            yield database

    def training_counts(self) -> dict[str, TrainingCounts]:
        """
        Return what is known for each user that something was taught for, and for SITE.

        Raises:
            sqlite3.Error: When the database can't be read.
        """
        query = (
            "SELECT username, spam_count, ham_count, token_count,"
            " nullif(oldest_token_age, 2147483647), nullif(newest_token_age, 0),"
            " nullif(last_expire, 0) FROM bayes_vars ORDER BY username"
        )
        with self.reading() as database:
            rows = database.execute(query).fetchall()
        return {name: TrainingCounts(*numbers) for name, *numbers in rows}

    def stats(self) -> dict[str, dict[str, int | None]]:
        """Return the same in plain types, with nothing for what can't be read."""
        try:
            return {name: asdict(each) for name, each in self.training_counts().items()}
        except sqlite3.Error:
            return {}

    def judge(self, user: str) -> str:
        """Return whose training to use for mail to *user*: their own if it suffices."""
        try:
            own = self.training_counts().get(user)
        except sqlite3.Error:
            return SITE
        return user if own and own.judges else SITE
