"""An accounts database of an older version is migrated, and nothing is lost."""

import pytest
from imapclient.exceptions import LoginError

from tests.support.clients.login import log_in
from tests.support.mail.message import letter

pytestmark = pytest.mark.core

FOLDER = "var/accounts"

# Makes a database of the version before, with all accounts.
BACK_TO_OLD = """
import sqlite3
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

config = Config()
config.set_main_option("script_location", "stack.accounts.store:migrations")
with create_engine("sqlite:///var/accounts/old.db").begin() as connection:
    config.attributes["connection"] = connection
    command.upgrade(config, "0004")
old = sqlite3.connect("var/accounts/old.db")
old.executescript('''
    ATTACH 'var/accounts/accounts.db' AS now;
    ATTACH 'var/accounts/passwords.db' AS hashes;
    INSERT INTO domains SELECT * FROM now.domains;
    INSERT INTO users (id, address, domain_id, password_hash, quota_bytes, enabled)
    SELECT users.id, address, domain_id, hash, quota_bytes, enabled FROM now.users
    JOIN hashes.passwords ON passwords.id = password_id;
    INSERT INTO aliases (source, target) SELECT source, target FROM now.aliases;
    INSERT INTO send_as SELECT * FROM now.send_as;
''')
"""


@pytest.mark.provokes(
    "dovecot", "Password query failed|sqlite: finalize failed|passwords.db"
)
@pytest.mark.provokes(
    "dovecot", "User query failed|userdb lookup|Failed to lookup user"
)
@pytest.mark.provokes("postfix", "quota-status|Temporary internal error")
def test_an_older_accounts_database_is_migrated(server, alice, spammer, subject):
    """
    An older accounts database defers logins until `stack init` has migrated it.

    Meanwhile health names the command; afterwards users log in and get mail as before.
    """
    project = server.project
    project.operate("python3", "-c", BACK_TO_OLD)
    project.as_root(f"cd {FOLDER}; cat old.db > accounts.db; rm old.db passwords.db")
    project.inside("dovecot", "doveadm", "reload")
    project.inside("postfix", "postfix", "reload")

    with pytest.raises(LoginError, match="UNAVAILABLE"):
        alice.subjects()
    assert "docker compose run --rm stack" in project.probe("dovecot")[1]
    said = project.stack("init", "--yes").stderr
    project.inside("dovecot", "doveadm", "reload")

    assert "migrate var/accounts/accounts.db" in said
    project.wait_for("healthy", "dovecot")
    (answer,) = log_in(server, 587, (alice.address, alice.password))
    assert answer.code == 235
    message = letter("a@outside.test", alice.address, subject)
    assert spammer.send(alice.address, message).code == 250
    assert alice.receive(subject)
