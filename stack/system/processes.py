"""Starts other programs, and this one a second time. No other module does."""

import os
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

# The status of a program that was killed for its time, as that of timeout(1).
TIMED_OUT = 124

STOPS = frozenset({signal.SIGTERM, signal.SIGINT})


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


def run_forked(work: Callable[[], str]) -> str:
    """
    Return what *work* returns in a child process, whose memory is free again then.

    Only while this process has one thread (fork(2)). SIGTERM and SIGINT end the child
    by SIGTERM, and are handled here when it has ended.

    Args:
        work: Returns less than a pipe holds, 64 KiB.

    Raises:
        SystemExit: The child failed, and has said why: with its status, or 1 when a
            signal ended it.
    """
    reader, writer = os.pipe()
    # Not by handlers: what they raise is lost in the callbacks that Python runs in a
    # fork, and not noticed in a read that begins just then.
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {*STOPS, signal.SIGCHLD})
    child = os.fork()
    if not child:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        os.close(reader)
        _end_with(work, writer)
    os.close(writer)
    with os.fdopen(reader) as words:
        status = _status(child)
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
        if status:
            sys.exit(max(status, 1))
        return words.read()


def _status(child: int) -> int:
    """Wait for the *child*, and return its exit status, or the negative of a signal."""
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0):
        number = signal.sigwait({*STOPS, signal.SIGCHLD})
        if number in STOPS:
            os.kill(child, signal.SIGTERM)
            ended = os.waitpid(child, 0)
            # It is pending until the caller lets signals through again.
            os.kill(os.getpid(), number)
            break
    return os.waitstatus_to_exitcode(ended[1])


def _end_with(work: Callable[[], str], writer: int) -> NoReturn:
    """Write to *writer* what *work* returns, and end without the parent's clean-up."""
    status = 1
    try:
        os.write(writer, work().encode())
        status = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(status)


def find(program: str) -> str | None:
    """Return the path of *program* on the PATH; None if it isn't there."""
    return shutil.which(program)
