"""Which mail goes to the service that takes reports."""

import re
import sqlite3
from contextlib import closing

import pytest

from stack.accounts import domains, users
from stack.accounts.store import database
from tests.support.places import CONFIG

ROUTE = "reports:unix:/run/intake/lmtp"


@pytest.fixture(scope="module")
def accounts(tmp_path_factory):
    """Two domains; in one of them a user has the address, and is disabled."""
    path = tmp_path_factory.mktemp("accounts") / "accounts.db"
    database.migrate(path)
    with database.session(path) as session:
        for name in ("a.test", "b.test"):
            domains.add(session, name)
        users.add(session, "dmarc-reports@b.test", "{ARGON2ID}hash", None)
        users.named(session, "dmarc-reports@b.test").enabled = False
    return path


def asked(path, table: str, key: str) -> list[str]:
    """Look *key* up as Postfix does, which asks for whole addresses where %d is."""
    text = (CONFIG / "postfix" / table).read_text()
    query = re.search(r"^query = (.*(?:\n .*)*)", text, re.M)[1]
    name, at, domain = key.rpartition("@")
    if not at:
        return []
    for hole, value in {"%s": key, "%u": name, "%d": domain}.items():
        query = query.replace(hole, value.replace("'", "''"))
    with closing(sqlite3.connect(path)) as opened:
        return [row[0] for row in opened.execute(query)]


@pytest.mark.parametrize(
    ("address", "takes"),
    [
        ("dmarc-reports@a.test", True),
        ("tls-reports@a.test", True),
        ("tls-reports@b.test", True),
        # A user's, also if it takes no mail now.
        ("dmarc-reports@b.test", False),
        ("reports@a.test", False),
        ("dmarc-reports@other.test", False),
        ("dmarc-reports@below.a.test", False),
        ("dmarc-reports' OR '1@a.test", False),
        ("dmarc-reports", False),
        ("a.test", False),
    ],
)
def test_reports_go_to_their_receiver_in_each_domain(accounts, address, takes):
    """Unless a user has that name. Both tables say the same."""
    valid = asked(accounts, "report_addresses.sqlite", address)
    route = asked(accounts, "report_routes.sqlite", address)

    assert valid == ([address] if takes else [])
    assert route == ([ROUTE] if takes else [])
