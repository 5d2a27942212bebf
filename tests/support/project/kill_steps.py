"""Kills a function before each of its steps that change a file."""

import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import get_context

import pytest
from jinja2.bccache import Bucket, BytecodeCache

from stack.apply import render

# Python tells of each before it does it (docs.python.org, "Audit events table").
CHANGES = {
    "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.chown",
    "os.truncate", "os.link", "os.symlink",
}  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Compiled(BytecodeCache):
    """Templates that are compiled once for all the times that they are rendered."""

    def __init__(self) -> None:
        """Begin with none."""
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is there for just this text."""
        if bucket.checksum in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.checksum])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self.kept[bucket.checksum] = bucket.bytecode_to_string()


def be_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have nothing written through to the disk, and each template compiled once."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    environment = partial(render.Environment, bytecode_cache=Compiled())
    monkeypatch.setattr(render, "Environment", environment)


def killed(prepare: Callable[[], object], work: Callable[[], None]) -> Iterator[int]:
    """
    Call *prepare*, then *work*, which is killed before its first change; then before
    its second, and so on until it comes to its end. Yield after each kill.
    """
    step = 0
    while True:
        prepare()
        # A copy of this process: all is loaded already.
        other = get_context("fork").Process(target=_die, args=(work, step))
        other.start()
        other.join(60)
        if other.exitcode != -signal.SIGKILL:
            assert other.exitcode == 0
            return
        yield step
        step += 1


def _die(work: Callable[[], None], step: int) -> None:
    left = step

    def step_or_die() -> None:
        nonlocal left
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    def listen(event: str, arguments: tuple[object, ...]) -> None:
        if event in CHANGES or (event == "open" and _writes(*arguments)):
            step_or_die()

    def look(_frame: object, event: str, called: object) -> None:
        # Nobody is told of these: without them no file would ever be half written.
        if event == "c_call" and getattr(called, "__name__", "") in ("write", "flush"):
            file = getattr(called, "__self__", None)
            if isinstance(file, io.TextIOWrapper | io.BufferedWriter | io.FileIO):
                step_or_die()

    sys.addaudithook(listen)
    sys.setprofile(look)
    work()
    sys.setprofile(None)


def _writes(_path: object, _mode: object, flags: object) -> bool:
    return isinstance(flags, int) and bool(flags & WRITING)
