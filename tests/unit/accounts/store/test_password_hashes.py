"""The hashes of passwords: where they are, and that no kill loses or leaks one."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy.exc import IntegrityError

from stack.accounts import domains, users
from stack.accounts.store import database, password_hashes
from stack.system.errors import UnableError

ALICE = "alice@example.org"
OLD, NEW = "{ARGON2ID}$old", "{ARGON2ID}$new"


@pytest.fixture
def path(tmp_path):
    """Accounts with one user."""
    path = tmp_path / "accounts.db"
    password_hashes.make(tmp_path / "passwords.db")
    database.migrate(path)
    with database.session(path) as session:
        domains.add(session, "example.org")
        users.add(session, ALICE, OLD, None)
    return path


def stored(path) -> list[str]:
    """Return all hashes there are."""
    with closing(sqlite3.connect(path.with_name("passwords.db"))) as opened:
        return [row[0] for row in opened.execute("SELECT hash FROM passwords")]


def usable(path) -> list[str]:
    """Return the hash that Alice's login leads to, as Dovecot finds it."""
    with closing(sqlite3.connect(path)) as opened:
        opened.execute("ATTACH ? AS kept", (str(path.with_name("passwords.db")),))
        query = "SELECT hash FROM users JOIN passwords ON passwords.id = password_id"
        return [row[0] for row in opened.execute(query)]


def change(path) -> None:
    """Give Alice another password."""
    with database.session(path) as session:
        database.set_password(session, users.named(session, ALICE), NEW)


def test_a_new_password_takes_the_old_ones_place(path):
    """Nothing of the old one is left, in neither file."""
    change(path)

    assert stored(path) == usable(path) == [NEW]
    assert OLD.encode() not in path.with_name("passwords.db").read_bytes()
    assert b"ARGON2ID" not in path.read_bytes()


def test_a_removed_users_password_goes(path):
    """It isn't kept for whoever is given the address next."""
    with database.session(path) as session:
        users.remove(session, ALICE)

    assert stored(path) == []


@pytest.mark.parametrize("at", ["put", "commit", "remove"])
def test_cut_off_anywhere_there_is_one_password(path, monkeypatch, at):
    """The old one until the accounts name the new one, and never both or none."""

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    place = {
        "put": "stack.accounts.store.password_hashes.put",
        "commit": "sqlalchemy.engine.default.DefaultDialect.do_commit",
        "remove": "stack.accounts.store.password_hashes.remove",
    }
    with monkeypatch.context() as cut:
        cut.setattr(place[at], power_cut)
        with pytest.raises(KeyboardInterrupt):
            change(path)

    assert usable(path) == [NEW if at == "remove" else OLD]
    change(path)
    assert usable(path) == [NEW]
    assert OLD not in stored(path)


def test_hashes_of_accounts_that_were_put_away_are_kept(path):
    """Whoever puts back an older copy of the accounts alone can put that right."""
    newest = path.read_bytes()
    with database.session(path) as session:
        users.add(session, "bob@example.org", NEW, None)
    with_bob = path.read_bytes()
    path.write_bytes(newest)
    with database.session(path) as session:
        users.add(session, "carol@example.org", NEW, None)

    path.write_bytes(with_bob)

    assert database.without_password(path) == []


def test_accounts_that_refuse_a_change_keep_the_password(path):
    """What fails before its end leaves no other hash behind."""

    def change_and_fail() -> None:
        with database.session(path) as session:
            database.set_password(session, users.named(session, ALICE), NEW)
            raise UnableError("no")

    with pytest.raises(UnableError, match=r"^no$"):
        change_and_fail()

    assert stored(path) == usable(path) == [OLD]


def test_a_password_in_the_clear_is_not_stored(path):
    """Without a scheme Dovecot would compare it letter by letter."""
    with pytest.raises(IntegrityError, match="ck_passwords_scheme"):
        password_hashes.put(path.with_name("passwords.db"), {"x": "secret"})


def test_without_its_file_no_password_is_changed(path):
    """The command says what makes one; the accounts stay as they were."""
    path.with_name("passwords.db").unlink()

    with pytest.raises(UnableError, match=r"passwords\.db: is missing: run `stack"):
        change(path)

    assert not path.with_name("passwords.db").exists()
    assert database.without_password(path) == [ALICE]
