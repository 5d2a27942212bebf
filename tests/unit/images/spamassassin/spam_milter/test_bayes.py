"""The database of what was taught: made, looked into, and put aside when damaged."""

import sqlite3
from contextlib import closing
from functools import partial

import pytest
from spam_milter.bayes import SITE, Bayes, TrainingCounts


@pytest.fixture
def bayes(tmp_path) -> Bayes:
    """A new database."""
    found = Bayes(tmp_path / "bayes.db")
    found.prepare()
    return found


def teach(bayes: Bayes, user: str, nspam: int, nham: int) -> None:
    """Count messages as SpamAssassin does."""
    with sqlite3.connect(bayes.path) as database:
        database.execute(
            "INSERT INTO bayes_vars (username, spam_count, ham_count) VALUES (?, ?, ?)",
            (user, nspam, nham),
        )
    database.close()


def aside(bayes: Bayes) -> list[str]:
    """Return the names of what was put aside."""
    return [path.name for path in bayes.path.parent.glob("*.damaged-*")]


def test_a_new_database_knows_nothing(bayes):
    """It has the tables, and nobody in them."""
    assert bayes.fault() is None
    assert bayes.training_counts() == {}


def test_a_second_start_changes_nothing(bayes):
    """What was taught is still there."""
    teach(bayes, SITE, 3, 4)

    Bayes(bayes.path).prepare()

    assert bayes.training_counts() == {SITE: TrainingCounts(3, 4, 0, None, None, None)}
    assert aside(bayes) == []


def test_database_uses_write_ahead_logging(bayes):
    """Who reads doesn't wait for who writes, and a kill leaves it whole."""
    with bayes.reading() as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_open_connection_keeps_scans_from_checkpointing(bayes):
    """While we hold it open, closing it folds nothing in."""
    teach(bayes, SITE, 1, 1)

    assert bayes.path.with_name("bayes.db-wal").stat().st_size > 0


@pytest.mark.parametrize("damage", ["head", "pages", "version"])
def test_a_damaged_database_is_put_aside(bayes, capsys, damage):
    """Learning begins anew; the old one is kept for somebody to look at."""
    teach(bayes, SITE, 3, 4)
    bayes.kept.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    bayes.kept.close()
    data = bayes.path.read_bytes()
    if damage == "head":
        bayes.path.write_bytes(b"x" * len(data))
    elif damage == "pages":
        bayes.path.write_bytes(data[:4096] + b"x" * (len(data) - 4096))
    else:
        with sqlite3.connect(bayes.path) as database:
            database.execute("UPDATE bayes_global_vars SET value = '2'")
        database.close()

    again = Bayes(bayes.path)
    again.prepare()

    assert again.training_counts() == {}
    assert len([name for name in aside(bayes) if not name.endswith("-wal")]) >= 1
    assert "put aside" in capsys.readouterr().out


def test_a_locked_database_is_not_damaged(bayes, monkeypatch):
    """Somebody has it for himself at this moment: no reason to begin anew."""
    impatient = partial(sqlite3.connect, timeout=0)
    monkeypatch.setattr("spam_milter.bayes.sqlite3.connect", impatient)
    bayes.kept.close()
    # With a log that is written ahead, no writer would keep a reader out.
    with closing(impatient(bayes.path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = DELETE")
        writer.execute("BEGIN EXCLUSIVE")

        with (
            pytest.raises(sqlite3.OperationalError, match="is locked"),
            bayes.reading() as reader,
        ):
            reader.execute("SELECT * FROM bayes_vars")
        assert bayes.fault() is None


def test_an_empty_file_becomes_a_database(tmp_path):
    """That is what is left when the disk was full at the start."""
    path = tmp_path / "bayes.db"
    path.touch()
    bayes = Bayes(path)

    bayes.prepare()

    assert bayes.training_counts() == {}
    assert aside(bayes) == []


@pytest.mark.parametrize(
    ("nspam", "nham", "judge"),
    [(200, 200, "a@b.test"), (199, 500, SITE), (500, 199, SITE)],
)
def test_own_training_is_used_once_it_suffices(bayes, nspam, nham, judge):
    """Before, the site's is better than none."""
    teach(bayes, SITE, 1, 1)
    teach(bayes, "a@b.test", nspam, nham)

    assert bayes.judge("a@b.test") == judge
    assert bayes.judge("nobody@b.test") == SITE


def test_unreadable_database_falls_back_to_the_site(tmp_path):
    """A scan goes on, and by the site's knowledge if there is any."""
    bayes = Bayes(tmp_path / "bayes.db")

    assert bayes.judge("a@b.test") == SITE
    assert bayes.stats() == {}
