"""Starts other programs. No other module does."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# The status of a program that was killed for its time, as that of timeout(1).
TIMED_OUT = 124


@dataclass(frozen=True)
class Result:
    """How a program ended."""

    status: int
    output: str
    """What it printed to stdout and stderr."""


def run(
    command: Sequence[str], environment: Mapping[str, str], seconds: float
) -> Result:
    """
    Run *command* with just this *environment*, and wait until it ends.

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
    """Run *command* with our stdin, stdout and stderr, and return its status."""
    return subprocess.run(command, check=False).returncode  # noqa: S603 - as above


def find(program: str) -> str | None:
    """Return the path of *program* on the PATH; None if it isn't there."""
    return shutil.which(program)
