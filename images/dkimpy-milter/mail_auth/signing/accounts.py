"""Reads the accounts: who owns an address, and whether a login is still valid."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from milter_runtime.config_file import ConfigError, read

from mail_auth.headers.addresses import Address

_DATABASE = "file:/accounts/accounts.db?mode=ro"
_TIMEOUT = 3.0

# As sqlite_table(5) has them: the key, what stands before its @ and what after.
_PLACES = {"%s": ":key", "%u": ":local", "%d": ":domain"}


def owner_query(path: Path) -> str:
    """
    Return the query in *path*, a sqlite_table(5), with parameters where keys belong.

    Raises:
        ConfigError: The file is missing, or has no query or none about an address.
    """
    text = read(path, "utf-8")
    found = re.search(r"^query *=(.*(?:\n\s.*)*)", text, re.MULTILINE)
    if not found:
        raise ConfigError(path, None, "no query")
    asked = re.sub(r"'(%[sud])'", lambda place: _PLACES[place[1]], found[1])
    if "%" in asked or asked == found[1]:
        raise ConfigError(path, None, "the key is to be '%s', '%u' or '%d', alone")
    return asked.strip()


def newest_password(database: str = _DATABASE) -> int:
    """
    Return when a password was changed last.

    Raises:
        sqlite3.Error: The accounts are missing, locked or damaged.
    """
    with closing(_open(database)) as accounts:
        query = "SELECT coalesce(max(password_since), 0) FROM users"
        return int(accounts.execute(query).fetchone()[0])


def login_is_valid(login: str, newest: int, database: str = _DATABASE) -> bool:
    """
    Tell whether *login* is enabled, and its password no newer than *newest*.

    Raises:
        sqlite3.Error: The accounts are missing, locked or damaged.
    """
    with closing(_open(database)) as accounts:
        query = "SELECT password_since FROM users WHERE address = ? AND enabled"
        found = accounts.execute(query, [login.lower()]).fetchone()
    return found is not None and found[0] <= newest


def owners(address: Address, asked: str, database: str = _DATABASE) -> set[str]:
    """
    Return the logins that *address* belongs to, in lower case.

    Args:
        address: May be one that nobody has.
        asked: What `owner_query` returned.
        database: The accounts, as a URI.

    Raises:
        sqlite3.Error: The accounts are missing, locked or damaged.
    """
    local, domain = address.local.lower(), address.domain
    values = {"key": f"{local}@{domain}", "local": local, "domain": domain}
    with closing(_open(database)) as accounts:
        return {login for (login,) in accounts.execute(asked, values)}


def _open(database: str) -> sqlite3.Connection:
    return sqlite3.connect(database, uri=True, timeout=_TIMEOUT)
