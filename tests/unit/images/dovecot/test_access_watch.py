"""Whose sessions end, and when it is looked for them."""

import socket
import sqlite3
import threading
from contextlib import closing, contextmanager

import pytest
from access_watch.accounts import Accounts, Revoked
from access_watch.revocations import LOOK_DELAYS, Revocations
from access_watch.state_socket import Server
from mail_auth.signing import password_service

from stack.accounts import domains, users
from stack.accounts.store import database, password_hashes

ALICE, BOB = "alice@example.org", "bob@example.org"


HERS = Revoked(ALICE, "1", 1000)


def test_sessions_of_a_revoked_password_are_looked_for_again_and_again():
    """Who was logging in by it while it was taken away has a session only later."""
    found = Revocations()

    times = [t for t in range(100, 200) if found.take({HERS}, t) == [HERS]]

    assert times == [100 + int(wait) for wait in LOOK_DELAYS]


def test_restored_password_ends_no_session():
    """Its user was disabled for a moment; the second time counts anew."""
    found = Revocations()
    found.take({HERS}, 0)

    assert found.take(set(), 1) == []
    later = HERS._replace(at=2000)
    assert found.take({later}, 2) == [later]


def test_failed_kick_is_repeated_at_the_next_look():
    """Dovecot didn't answer; in the end there is nothing left to do."""
    found = Revocations()
    for now in LOOK_DELAYS:
        found.take({HERS}, now)
    found.again([HERS], 30)

    assert found.take({HERS}, 31) == [HERS]
    assert found.take({HERS}, 32) == []


@pytest.fixture
def folder(tmp_path):
    """Accounts of two users, one of them disabled."""
    path = tmp_path / "accounts.db"
    password_hashes.make(tmp_path / "passwords.db")
    database.migrate(path)
    with database.session(path) as session:
        domains.add(session, "example.org")
        for address in (ALICE, BOB):
            users.add(session, address, "{ARGON2ID}x", None)
        users.named(session, BOB).enabled = False
    return tmp_path


def revoked(folder) -> list[tuple[str, str]]:
    """Return each user of a revoked password, and its id."""
    return sorted((each.user, each.password) for each in Accounts(folder).revoked())


def password_of(folder, address: str) -> str:
    """Return the id of the password of a user."""
    with database.session(folder / "accounts.db") as session:
        return users.named(session, address).password_id


def test_database_records_each_revoked_password(folder):
    """However soon the next change follows, and whoever makes it."""
    his, first = password_of(folder, BOB), password_of(folder, ALICE)
    assert revoked(folder) == [(BOB, his)]

    with database.session(folder / "accounts.db") as session:
        database.set_password(session, users.named(session, ALICE), "{ARGON2ID}y")
        users.named(session, BOB).enabled = True
    second = password_of(folder, ALICE)
    with database.session(folder / "accounts.db") as session:
        users.remove(session, ALICE)

    assert revoked(folder) == sorted([(ALICE, first), (ALICE, second)])


def test_revoked_password_is_forgotten_after_a_day(folder):
    """No session is as old, for it was ended within seconds."""
    with closing(sqlite3.connect(folder / "accounts.db")) as opened, opened:
        opened.execute(
            "UPDATE revoked_passwords SET revoked_at = revoked_at - 86500000"
        )

    with database.session(folder / "accounts.db") as session:
        users.remove(session, BOB)

    with closing(sqlite3.connect(folder / "accounts.db")) as opened:
        (count,) = opened.execute("SELECT count(*) FROM revoked_passwords").fetchone()
    assert count == 1


def test_loss_of_all_users_ends_no_session(folder):
    """Without any user, or table, it isn't said that anybody lost anything."""
    with closing(sqlite3.connect(folder / "accounts.db")) as opened, opened:
        opened.execute("DELETE FROM users")
    assert revoked(folder) == []

    (folder / "accounts.db").write_bytes(b"")
    with pytest.raises(sqlite3.Error):
        revoked(folder)


@contextmanager
def answering(folder):
    """Have somebody answer for the accounts in *folder*, and return where."""
    server = Server(folder / "state", Accounts(folder))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield str(folder / "state")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_signer_hears_whether_passwords_can_be_looked_up(folder):
    """While the file is well, missing, empty or damaged, or nobody answers."""
    file = folder / "passwords.db"
    with answering(folder) as path:
        assert password_service.fault(path) is None

        with closing(sqlite3.connect(file)) as opened, opened:
            opened.execute("DELETE FROM passwords")
        assert "is empty" in (password_service.fault(path) or "")
        file.write_bytes(b"")
        assert "no such table" in (password_service.fault(path) or "")
        file.write_bytes(b"rubbish" * 1000)
        assert "not a database" in (password_service.fault(path) or "")
        file.unlink()
        assert "unable to open" in (password_service.fault(path) or "")
    assert "refused" in (password_service.fault(path) or "")


def test_empty_accounts_are_no_trouble(tmp_path):
    """A new server is well before it has its first user."""
    password_hashes.make(tmp_path / "passwords.db")
    database.migrate(tmp_path / "accounts.db")

    assert Accounts(tmp_path).trouble() is None


def test_client_that_hangs_up_early_is_harmless(folder):
    """The next one is answered."""
    with answering(folder) as path:
        with socket.socket(socket.AF_UNIX) as hasty:
            hasty.connect(path)

        assert password_service.fault(path) is None
