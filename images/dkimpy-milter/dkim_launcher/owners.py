"""Whose an address is: the accounts' database, read and never written."""

import sqlite3
from contextlib import closing

from dkim_launcher.addresses import Address

_DATABASE = "file:/accounts/accounts.db?mode=ro"
_PATIENCE = 3.0

# The same answer that Postfix has for the envelope sender (senders.sqlite).
_OWNERS = """
    SELECT address FROM users WHERE address = :whole
    UNION SELECT target FROM aliases WHERE source = :whole
    UNION SELECT target FROM aliases, domains WHERE source = :local AND name = :domain
"""
_CATCH_ALL = "SELECT target FROM aliases WHERE source = '@' || :domain"


def owners(address: Address, database: str = _DATABASE) -> set[str]:
    """
    Return the logins that *address* belongs to, in lower case.

    These are its user and whoever its aliases lead to; without any, those of the
    address before its `+extension`; without any, those of the domain's catch-all.

    Raises:
        sqlite3.Error: The accounts are missing, locked or damaged.
    """
    local = address.local.lower()
    with closing(sqlite3.connect(database, uri=True, timeout=_PATIENCE)) as accounts:
        for name in dict.fromkeys([local, local.split("+")[0]]):
            values = {"local": name, "domain": address.domain}
            values["whole"] = f"{name}@{address.domain}"
            if found := accounts.execute(_OWNERS, values).fetchall():
                break
        else:
            found = accounts.execute(_CATCH_ALL, values).fetchall()
    return {login.lower() for (login,) in found}
