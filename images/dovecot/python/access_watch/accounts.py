"""Reads the accounts: which passwords were revoked, and whether any can be read."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

FOLDER = Path("/accounts")
# Seconds to wait for `stack`, which writes for milliseconds.
TIMEOUT = 3.0

# When all users are gone, that is an accident: nothing was revoked.
REVOKED = """
    SELECT address, password_id, revoked_at FROM revoked_passwords
    WHERE password_id NOT IN (SELECT password_id FROM users WHERE enabled)
    AND EXISTS (SELECT 1 FROM users)
"""


class Revoked(NamedTuple):
    """A password that was revoked, and when (milliseconds since 1970)."""

    user: str
    password: str
    at: int


class Accounts:
    """The accounts in *folder*, read and never written."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Open nothing yet."""
        self.users = folder / "accounts.db"
        self.passwords = folder / "passwords.db"

    def revoked(self) -> set[Revoked]:
        """
        Return the passwords that were revoked in the last day and not restored.

        Raises:
            sqlite3.Error: The accounts are missing, locked or damaged.
        """
        with closing(_open(self.users)) as opened:
            return {Revoked(*row) for row in opened.execute(REVOKED)}

    def trouble(self) -> str | None:
        """Return why passwords can't be looked up now; None if they can."""
        try:
            some = _first(self.users, "SELECT password_id FROM users LIMIT 1")
            held = _first(self.passwords, "SELECT id FROM passwords LIMIT 1")
        except sqlite3.Error as error:
            return str(error)
        return f"{self.passwords}: is empty" if some and not held else None


def _first(path: Path, query: str) -> object:
    with closing(_open(path)) as opened:
        return opened.execute(query).fetchone()


def _open(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=TIMEOUT)
