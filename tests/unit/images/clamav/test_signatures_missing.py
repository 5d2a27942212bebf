"""Mail is scanned with all signatures or waits: which of them are there yet."""

import subprocess
from pathlib import Path

import pytest

from tests.support.places import IMAGES

SCRIPT = IMAGES / "clamav" / "signatures-missing"
ALL = "daily main bytecode"


def missing(folder: Path, *names: str, looked: bool = True) -> str:
    """Put files of these *names* into the *folder*, and return what is missing."""
    for name in names:
        (folder / name).write_text("x")
    flag = folder.with_name("looked")
    if looked:
        flag.touch()
    done = subprocess.run(
        [str(SCRIPT), str(folder), str(flag)],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path) -> Path:
    """An empty volume."""
    (tmp_path / "signatures").mkdir()
    return tmp_path / "signatures"


@pytest.mark.parametrize("looked", [False, True])
@pytest.mark.parametrize(
    ("names", "left"),
    [
        (["daily.cvd"], "main bytecode"),
        (["daily.cld", "main.cvd"], "bytecode"),
        (["daily.cvd", "own.ndb"], "main bytecode"),
        (["main.cvd", "bytecode.cvd"], "daily"),
        (["daily.cld", "main.cvd", "bytecode.cld"], ""),
        (["freshclam.dat", ".hidden"], ALL),
        ([], ALL),
    ],
)
def test_partial_official_signatures_are_reported_missing(folder, names, left, looked):
    """freshclam brings them one by one; what only the others know would pass."""
    assert missing(folder, *names, looked=looked) == left


def test_own_signatures_suffice_after_freshclam_has_looked(folder):
    """Once freshclam has looked: until then it may be about to bring the others."""
    assert missing(folder, "own.ndb", looked=False) == ALL
    assert missing(folder, "own.ndb", looked=True) == ""


def test_empty_file_is_not_a_signature_file(folder):
    """What was cut off at its first byte counts for nothing."""
    for name in ALL.split():
        (folder / f"{name}.cvd").touch()

    assert missing(folder) == ALL
