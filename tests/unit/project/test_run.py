"""A run of the end-to-end tests: how it is sized, and how it begins without Docker."""

import os
import subprocess
import sys

import pytest

from tests.support.harness.checkout import ROOT
from tests.support.harness.run import LONG, workers

GIB = 1 << 30


@pytest.mark.parametrize(
    ("cores", "memory", "wanted"),
    [
        (1, 24 * GIB, 0),
        (2, 2 * GIB, 0),
        (1, 2 * GIB, 0),
        (2, 8 * GIB, 2),
        (8, 64 * GIB, 2),
    ],
)
def test_two_servers_run_where_there_is_room(cores, memory, wanted):
    """One core, or less than 8 GiB, makes one server, in the process that leads."""
    assert workers(cores, memory) == wanted


def test_without_an_engine_the_run_ends_at_once():
    """One line says what is missing and what to type; no test has an error."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/e2e/receiving/test_smtp_commands.py"],
        cwd=ROOT,
        env={**os.environ, "DOCKER_HOST": "unix:///nowhere/docker.sock"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    said = [line for line in done.stdout.splitlines() if "no Docker engine" in line]
    assert done.returncode == 3
    assert len(said) == 1
    assert "make engine" in said[0]
    assert "error" not in done.stdout.lower()


def test_the_files_that_take_long_are_there():
    """A file that gets another name is listed by that name."""
    files = {file.name for file in (ROOT / "tests" / "e2e").rglob("test_*.py")}

    assert set(LONG) - files == set()
