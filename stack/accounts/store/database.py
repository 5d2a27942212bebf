"""Opens the accounts database and brings its schema up to date."""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from stack.accounts.store import password_hashes, sqlite
from stack.accounts.store.models import Host, RevokedPassword, User
from stack.system.errors import UnableError
from stack.system.project import PASSWORDS

# The newest file in migrations/versions/. A test keeps it so.
REVISION = "0006"

# Ids of revoked passwords that no user has; a disabled user keeps the hash.
REVOKED = select(RevokedPassword.password_id).where(
    RevokedPassword.password_id.not_in(select(User.password_id))
)

# In Session.info: the new hashes by id, or none if users only went.
HASHES = "hashes"


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
        raise UnableError(
            f"{path}: is missing, or has the schema of an older version: run"
            " `stack init` first"
        )
    if sqlite.is_cut_off(_passwords(path)):
        # Opening it for writing rolls the change back. A reader can't do that.
        password_hashes.ids(_passwords(path))
    with sqlite.transaction(path) as connection, Session(connection) as opened:
        yield opened
        opened.flush()
        changed = HASHES in opened.info
        password_hashes.put(_passwords(path), opened.info.get(HASHES, {}))
        gone = opened.scalars(REVOKED).all() if changed else []
    # No user has these hashes: if that fails, the next change removes them.
    with suppress(UnableError):
        password_hashes.remove(_passwords(path), gone)


def set_password(session: Session, user: User, hashed: str) -> None:
    """Make *hashed* the hash of the only password that *user* can log in with."""
    newest = session.scalar(select(func.max(User.password_since))) or 0
    user.password_id = secrets.token_hex(16)
    # Later than all before, whatever the clock says: the signer compares them.
    user.password_since = max(time.time_ns() // 1_000_000, newest + 1)
    session.info.setdefault(HASHES, {})[user.password_id] = hashed


def remove_password(session: Session) -> None:
    """Have the hash of a removed user deleted at the end of the transaction."""
    session.info.setdefault(HASHES, {})


def without_password(path: Path) -> list[str]:
    """
    Return the users whose hash is missing.

    Raises:
        UnableError: When the accounts or the hashes can't be read.
    """
    known = password_hashes.ids(_passwords(path))
    with session(path) as opened:
        users = opened.scalars(select(User).order_by(User.address))
        return [user.address for user in users if user.password_id not in known]


def revision(path: Path) -> str | None:
    """
    Return the version of the schema at *path*, nothing if it has none yet.

    Raises:
        UnableError: When it can't be read, or was made by a newer `stack`.
    """
    if not sqlite.is_made(path):
        return None
    with sqlite.transaction(path) as connection:
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
    with sqlite.transaction(path) as connection:
        names = connection.scalars(text("SELECT name FROM domains ORDER BY name"))
        return [str(name) for name in names]


def host(path: Path) -> str | None:
    """Return the host name of this server in the file at *path*, None if not set."""
    if revision(path) != REVISION:
        return None
    with sqlite.transaction(path) as connection:
        return connection.scalar(select(Host.name))


def has_users(path: Path) -> bool:
    """Say whether there is a user at *path*, whatever the version of its schema."""
    if revision(path) is None:
        return False
    with sqlite.transaction(path) as connection:
        return bool(connection.scalar(text("SELECT EXISTS (SELECT 1 FROM users)")))


def migrate(path: Path) -> None:
    """Bring the schema of the file at *path* up to date, wholly or not at all."""
    # Alembic takes a tenth of a second to load, and only `stack init` needs it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "stack.accounts.store:migrations")
    config.attributes["passwords"] = _passwords(path)
    with sqlite.transaction(path, references=False) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
            raise UnableError(f"{path}: has rows that belong to no other: {broken[0]}")


def _passwords(path: Path) -> Path:
    return path.with_name(PASSWORDS)
