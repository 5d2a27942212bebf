"""Starts other programs: the one module that does."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# The status of what didn't end in time, as timeout(1) has it.
TIMED_OUT = 124


@dataclass(frozen=True)
class Result:
    """What became of a program."""

    status: int
    output: str
    """What it printed, to stdout and stderr."""


def run(
    command: Sequence[str], environment: Mapping[str, str], seconds: float
) -> Result:
    """
    Run *command* with no other *environment*, and wait for its end.

    After *seconds* it is killed, and its status is TIMED_OUT.
    """
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the words are ours
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return Result(TIMED_OUT, (late.stdout or b"").decode(errors="replace"))
    return Result(done.returncode, done.stdout.decode(errors="replace"))


def run_attached(command: Sequence[str]) -> int:
    """Run *command* at our own terminal and return its status."""
    return subprocess.run(command, check=False).returncode  # noqa: S603 - as above


def find(program: str) -> str | None:
    """Return where *program* is on the PATH, nothing if it isn't."""
    return shutil.which(program)
