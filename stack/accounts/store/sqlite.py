"""
Opens an SQLite file for one transaction.

The daemons read it through a read-only mount, live. Hence SQLite's own journal mode
DELETE (WAL needs to write beside the file), short transactions, and a file that is
changed in place, never replaced: a mount would go on showing the old one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SQLite

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import NullPool

from stack.system.errors import UnableError

# Seconds to wait for a daemon that is reading. They read for milliseconds.
BUSY = 10


def is_made(path: Path) -> bool:
    """Say whether there is anything in the file at *path*."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


def is_cut_off(path: Path) -> bool:
    """Say whether a change of the file at *path* was begun and hasn't ended."""
    return path.with_name(f"{path.name}-journal").exists()


@contextmanager
def transaction(path: Path, *, references: bool = True) -> Iterator[Connection]:
    """
    Begin a transaction on the file at *path*, committed if all went well.

    *references* between tables are enforced, unless a migration makes one anew.

    Raises:
        UnableError: When the file can't be read or written.
    """
    try:
        with _engine(path, references=references).begin() as connection:
            yield connection
    except IntegrityError:
        # A rule of the schema, not the state of the file.
        raise
    except DatabaseError as error:
        raise UnableError(
            f"{path}: {error.orig}: see that it is a database that you may write,"
            " with room on its disk"
        ) from None


def _engine(path: Path, *, references: bool) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": BUSY}
    )

    def prepare(connection: SQLite, _: object) -> None:
        # Python's driver would begin only at the first INSERT, after any CREATE TABLE:
        # a migration that fails would then stay half done. We say BEGIN ourselves.
        connection.isolation_level = None
        connection.execute(f"PRAGMA foreign_keys = {'ON' if references else 'OFF'}")
        # A hash that was deleted is not to be found in what became free.
        connection.execute("PRAGMA secure_delete = ON")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", lambda each: each.exec_driver_sql("BEGIN"))
    return engine
