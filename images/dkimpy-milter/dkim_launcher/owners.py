"""Whose an address is: the accounts' database, read and never written."""

import sqlite3
from contextlib import closing

from dkim_launcher.addresses import Address

_DATABASE = "file:/accounts/accounts.db?mode=ro"
_PATIENCE = 3.0

# The queries of senders.sqlite and names.sqlite, asked in the order in which Postfix
# asks them for the envelope sender: both must say the same of every address.
_WRITTEN = """
    SELECT address FROM users WHERE address = :key AND enabled
    UNION
    SELECT target FROM aliases WHERE source = :key
    AND target NOT IN (SELECT address FROM users WHERE NOT enabled)
"""
_MEANT = """
    WITH meant (rank, target) AS (
      SELECT 1, address FROM users WHERE address = :key AND enabled
      UNION ALL
      SELECT 2, target FROM aliases, domains WHERE source = :local AND name = :domain
        AND target NOT IN (SELECT address FROM users WHERE NOT enabled)
      UNION ALL
      SELECT 3, (SELECT address FROM users WHERE enabled ORDER BY id LIMIT 1)
      FROM domains WHERE :local IN ('postmaster', 'abuse') AND name = :domain
    )
    SELECT target FROM meant
    WHERE rank = (SELECT min(rank) FROM meant WHERE target IS NOT NULL)
"""


def owners(address: Address, database: str = _DATABASE) -> set[str]:
    """
    Return the logins that *address* belongs to, in lower case.

    These are whoever gets its mail, and always its own user; without any, those of
    the address before its `+extension`; without any, those of the domain's catch-all.

    Raises:
        sqlite3.Error: The accounts are missing, locked or damaged.
    """
    local, domain = address.local.lower(), address.domain
    with closing(sqlite3.connect(database, uri=True, timeout=_PATIENCE)) as accounts:
        for name in dict.fromkeys([local, local.split("+")[0], ""]):
            values = {"key": f"{name}@{domain}", "local": name, "domain": domain}
            for query in (_WRITTEN, _MEANT):
                if found := accounts.execute(query, values).fetchall():
                    return {login.lower() for (login,) in found}
    return set()
