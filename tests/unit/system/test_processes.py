"""Programs are started with the given environment, and with a time limit."""

import os
import signal
import sys

import pytest

from stack.system import processes

PYTHON = [sys.executable, "-c"]


def test_stdout_and_stderr_are_captured_together():
    """In the order in which it says it, and whatever bytes they are."""
    done = processes.run(
        [
            *PYTHON,
            "import os; os.write(1, b'a\\n'); os.write(2, b'\\xffb\\n'); exit(7)",
        ],
        {},
        30,
    )

    assert done == processes.Result(7, "a\n\N{REPLACEMENT CHARACTER}b\n")


def test_program_gets_given_environment_and_no_stdin(monkeypatch):
    """It sees no secrets, and can't wait for input."""
    monkeypatch.setenv("SECRET", "horse")
    text = "import os, sys; print(dict(os.environ), repr(sys.stdin.read()))"

    done = processes.run([*PYTHON, text], {"GIVEN": "this", "LC_ALL": "C.UTF-8"}, 30)

    assert "'GIVEN': 'this'" in done.output
    assert "horse" not in done.output
    assert done.output.endswith(" ''\n")


def test_program_is_killed_after_the_timeout():
    """With the status that timeout(1) gives, and with what it had said."""
    command = ["/bin/sh", "-c", "echo so far; exec /bin/sleep 60"]

    done = processes.run(command, {}, 1)

    assert done == processes.Result(124, "so far\n")


def test_attached_program_returns_its_status():
    """It is for the caller to pass on."""
    assert processes.run_attached([*PYTHON, "exit(5)"]) == 5


def test_forked_work_returns_its_words():
    """It runs in another process, and its memory is not ours."""
    here = []

    words = processes.run_forked(lambda: here.append(1) or str(os.getpid()))

    assert int(words) != os.getpid()
    assert here == []


def test_forked_work_that_fails_says_why_and_ends_the_parent(capfd):
    """With status 1, whether an exception or a signal ended it."""
    for work in (lambda: 1 / 0, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        with pytest.raises(SystemExit) as ended:
            processes.run_forked(work)
        assert ended.value.code == 1

    assert "ZeroDivisionError" in capfd.readouterr().err


# Exits with 7 if SIGTERM is handled when no child is left.
STOPPED_AT_WORK = """
import os, signal, sys, time
from stack.system import processes

def leave(*_):
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        sys.exit(7)

signal.signal(signal.SIGTERM, leave)
parent = os.getpid()

def work():
    os.kill(parent, signal.SIGTERM)
    while True:
        time.sleep(0.1)

processes.run_forked(work)
"""


def test_forked_work_ends_with_its_parent():
    """SIGTERM to the parent ends the work by SIGTERM, and waits until it has ended."""
    # In a process with one thread: pytest's watchdog takes signals, too.
    done = processes.run([*PYTHON, STOPPED_AT_WORK], dict(os.environ), 30)

    assert done == processes.Result(7, "")


def test_programs_are_found_on_the_path(tmp_path, monkeypatch):
    """Or not at all."""
    (tmp_path / "here").write_text("#!/bin/sh\n")
    (tmp_path / "here").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert processes.find("here") == str(tmp_path / "here")
    assert processes.find("there") is None
