"""Commands of the operator's container run one by one, as from a shell."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tests.support.places import ROOT
from tests.support.server.operator.container import PROGRAM, SOCKET, Operator


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    """Run the server of commands here, outside of any container."""
    folder = tmp_path_factory.mktemp("project")
    process = subprocess.Popen(
        [sys.executable, ROOT / PROGRAM, folder / SOCKET],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    yield Operator(folder, _not_asked, container="this machine")
    process.terminate()
    assert process.wait(30) == 0


def _not_asked(*_words: str) -> subprocess.CompletedProcess[str]:
    raise AssertionError("the container is there already")


def test_stack_runs_with_its_words(operator):
    """In a fork of the server: it prints, and ends by the code of the contract."""
    shown = operator.run("stack", "--version")
    wrong = operator.run("stack", "nonsense")

    assert (shown.returncode, shown.stderr) == (0, "")
    assert "stack" in shown.stdout
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "No such command 'nonsense'" in wrong.stderr


def test_nothing_of_a_command_is_left_for_the_next(operator):
    """Each has a process of its own."""
    first, second = (operator.run("sh", "-c", "echo $$").stdout for _ in range(2))

    assert first != second


def test_any_other_command_is_executed(operator):
    """It reads what it is given, and writes where it wants to."""
    done = operator.run("sh", "-c", "cat; echo no >&2; exit 3", stdin="ü\nyes\n")

    assert (done.returncode, done.stdout, done.stderr) == (3, "ü\nyes\n", "no\n")


def test_a_signal_is_told_as_by_a_shell(operator):
    """128 and its number."""
    assert operator.run("sh", "-c", "kill -KILL $$").returncode == 137


def test_commands_run_side_by_side(operator, tmp_path):
    """The first ends only when the second has begun."""
    os.mkfifo(tmp_path / "fifo")
    first = threading.Thread(target=operator.run, args=["cat", f"{tmp_path}/fifo"])
    first.start()

    second = operator.run("sh", "-c", f"echo > {tmp_path}/fifo")
    first.join(30)

    assert second.returncode == 0
    assert not first.is_alive()
