"""
Opens the accounts database and brings its schema up to date.

The daemons read the file through a read-only mount, live. Hence SQLite's own
journal mode DELETE (WAL needs to write beside the file), short transactions, and a
file that is changed in place, never replaced: a mount would go on showing the old one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SQLite

from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from stack.errors import UnableError

# The newest file in migrations/versions/. A test keeps it so.
REVISION = "0004"

# Seconds to wait for a daemon that is reading. They read for milliseconds.
BUSY = 10


@contextmanager
def session(path: Path) -> Iterator[Session]:
    """
    Open the database at *path* for one transaction, committed if all went well.

    Raises:
        UnableError: When there is no database, its schema is not ours, or it
            can't be read or written.
    """
    found = revision(path)
    if found != REVISION:
        raise UnableError(f"{path}: is not up to date: run `stack init` first")
    with _transaction(path) as connection, Session(connection) as opened:
        yield opened
        opened.flush()


def revision(path: Path) -> str | None:
    """
    Return the version of the schema at *path*, nothing if it has none yet.

    Raises:
        UnableError: When it can't be read, or was made by a newer `stack`.
    """
    if not _is_made(path):
        return None
    with _transaction(path) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.scalar(text("SELECT version_num FROM alembic_version"))
    if found is not None and str(found) > REVISION:
        raise UnableError(
            f"{path}: was made by a newer stack (schema {found}, this one knows"
            f" {REVISION}): `docker compose build`, or on the machine itself"
            " `pip install .`, upgrades it; or restore a backup"
        )
    return None if found is None else str(found)


def domains(path: Path) -> list[str]:
    """Return the domains at *path*, whatever the version of its schema."""
    if revision(path) is None:
        return []
    with _transaction(path) as connection:
        names = connection.scalars(text("SELECT name FROM domains ORDER BY name"))
        return [str(name) for name in names]


def has_users(path: Path) -> bool:
    """Say whether there is a user at *path*, whatever the version of its schema."""
    if revision(path) is None:
        return False
    with _transaction(path) as connection:
        return bool(connection.scalar(text("SELECT EXISTS (SELECT 1 FROM users)")))


def migrate(path: Path) -> None:
    """Bring the schema of the file at *path* up to date, wholly or not at all."""
    # Alembic takes a tenth of a second to load, and only `stack init` needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "stack:migrations")
    with _transaction(path) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _is_made(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


@contextmanager
def _transaction(path: Path) -> Iterator[Connection]:
    try:
        with _engine(path).begin() as connection:
            yield connection
    except IntegrityError:
        # A rule of the schema, not the state of the file.
        raise
    except DatabaseError as error:
        raise UnableError(
            f"{path}: {error.orig}: see that it is a database that you may write,"
            " with room on its disk"
        ) from None


def _engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": BUSY}
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", lambda each: each.exec_driver_sql("BEGIN"))
    return engine


def _prepare(connection: SQLite, _: object) -> None:
    # Python's driver would begin only at the first INSERT, after any CREATE TABLE:
    # a migration that fails would then stay half done. We say BEGIN ourselves.
    connection.isolation_level = None
    connection.execute("PRAGMA foreign_keys = ON")
