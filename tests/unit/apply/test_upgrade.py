"""An upgrade from the version before: settings are renamed, and all data is kept."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.places import CONFIG
from tests.support.upgrade import RENAMED, rename, unpack

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="owners are kept by root")


@pytest.fixture
def older(project):
    """A project with .env and var/ of 0.1.0, and with the templates of today."""
    shutil.rmtree(project.config)
    project.config.symlink_to(CONFIG)
    unpack(project.root)
    return project


def kept(root: Path) -> dict[str, bytes]:
    """What nobody may change but its owner: keys, certificates, logins, rules."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for name in ("dkim", "tls", "relay", "spam")
        for path in sorted((root / "var" / name).rglob("*"))
        if path.is_file()
    }


def test_each_old_name_is_an_error_with_the_new_one(older, stack):
    """`stack init` names all of them at once, and changes nothing."""
    files = [path for path in older.root.rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}

    done = stack("init")

    assert done.exit_code == 4
    for new in "\n".join(RENAMED.values()).splitlines():
        assert new in done.output
    assert {path: path.read_bytes() for path in files} == before


def test_all_data_is_kept(older, stack):
    """Accounts, passwords, keys, certificates and logins are as they were."""
    rename(older.env)
    before = kept(older.root)
    with closing(sqlite3.connect(older.passwords)) as connection:
        hashes = connection.execute("SELECT * FROM passwords").fetchall()

    done = stack("init")

    assert done.exit_code == 0, done.output
    assert kept(older.root) == before
    with closing(sqlite3.connect(older.passwords)) as connection:
        assert connection.execute("SELECT * FROM passwords").fetchall() == hashes
    assert stack("init").output.startswith("Nothing changed.\n")
    assert older.applied.read_text() == older.env.read_text()


@pytest.mark.parametrize(
    ("command", "rows"),
    [
        (
            "domain list",
            [
                "example.test   2 users",
                "old.example    0 users",
                "other.example  0 users",
            ],
        ),
        (
            "user list",
            [
                "alice@example.test  enabled   no quota",
                "bob@example.test    disabled  1G",
            ],
        ),
        (
            "alias list",
            ["@old.example  @example.test", "info          alice@example.test"],
        ),
        ("sendas list", ["alice@example.test  @other.example"]),
        ("spam block list", ["spammer@nuisance.example  everybody"]),
        ("spam threshold alice@example.test", ["7"]),
    ],
)
def test_the_accounts_are_the_same(older, stack, command, rows):
    """Each list shows what was there before the upgrade."""
    rename(older.env)
    stack("init")

    lines = stack(*command.split()).output.splitlines()

    assert [row for row in rows if row not in lines] == []
