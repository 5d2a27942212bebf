"""
The password hashes, in a separate file that only Dovecot's auth process reads.

The accounts, which Postfix and the signer read too, name a user's row here. It is
written before they name it, and removed when they no longer do: whenever that is cut
off, each user has the old password or the new one, and what is left over is nobody's.

One transaction over both files (ATTACH) would not do. SQLite then notes the path of
one file in the journal of the other, and that path is another one in a container: what
was cut off there would count as done here, half written.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from sqlalchemy import text

from stack.accounts.store import sqlite
from stack.system.errors import UnableError

TABLE = """
CREATE TABLE IF NOT EXISTS passwords (
    id VARCHAR NOT NULL PRIMARY KEY,
    hash VARCHAR NOT NULL,
    -- Without a scheme Dovecot would take it for a password in the clear.
    CONSTRAINT ck_passwords_scheme CHECK (hash LIKE '{%}%')
)
"""


def make(path: Path) -> None:
    """Create the table in the file at *path* if it is missing."""
    with sqlite.transaction(path) as connection:
        connection.exec_driver_sql(TABLE)


def put(path: Path, new: Mapping[str, str]) -> None:
    """
    Add the *new* hashes, by id.

    Raises:
        UnableError: When the file is missing, or can't be read or written.
    """
    if not new:
        return
    if not sqlite.is_made(path):
        raise UnableError(f"{path}: is missing: run `stack init` first")
    rows = [{"id": key, "hash": hashed} for key, hashed in new.items()]
    with sqlite.transaction(path) as connection:
        connection.execute(text("INSERT INTO passwords VALUES (:id, :hash)"), rows)


def remove(path: Path, gone: Iterable[str]) -> None:
    """
    Remove the hashes of the ids that are *gone*, and no others.

    Some may belong to accounts that are put back later.

    Raises:
        UnableError: When the file can't be read or written.
    """
    rows = [{"id": each} for each in gone]
    if rows:
        with sqlite.transaction(path) as connection:
            connection.execute(text("DELETE FROM passwords WHERE id = :id"), rows)


def ids(path: Path) -> set[str]:
    """
    Return the ids of all hashes at *path*, none if there is no such file.

    Raises:
        UnableError: When the file can't be read.
    """
    if not sqlite.is_made(path):
        return set()
    with sqlite.transaction(path) as connection:
        return set(connection.scalars(text("SELECT id FROM passwords")))
