"""A copy of the project, and which of its tests fail there."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.harness.checkout import ROOT, copy_checkout

# Pytest's exit codes for: all passed, and no test bears the mark that is asked for.
PASSED, NOTHING = 0, 5

UNIT = "tests/unit/"


class BusyError(Exception):
    """Another run has the folder for copies."""


class BrokenRunError(Exception):
    """Pytest neither passed nor named a failing test; the text is what it printed."""


@contextmanager
def place() -> Iterator[Path]:
    """
    Yield the path for copies, which is the same in each run.

    The end-to-end tests name their Compose project and images after the path: with the
    same names, what differs between two copies is all that is built anew.

    Raises:
        BusyError: Another run uses it.
    """
    mark = hashlib.sha256(bytes(ROOT)).hexdigest()[:8]
    folder = Path(tempfile.gettempdir(), f"mail-mutation-{os.getuid()}-{mark}")
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                "this project is being broken already: let that end"
            ) from None
        yield folder


@contextmanager
def copied(folder: Path) -> Iterator[None]:
    """Have a copy of the working tree in *folder* for a while."""
    shutil.rmtree(folder, ignore_errors=True)
    copy_checkout(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder)


def failure(folder: Path, tests: Sequence[str], core: bool) -> str:
    """
    Run *tests* in the copy in *folder*, and return the first that fails, or nothing.

    Args:
        folder: The copy.
        tests: Node ids; unit tests are run first.
        core: Whether to leave out end-to-end tests without the mark `core`.

    Raises:
        BrokenRunError: The tests could not be run.
    """
    unit = [test for test in tests if test.startswith(UNIT)]
    end_to_end = [test for test in tests if not test.startswith(UNIT)]
    found = _first(folder, unit) if unit else ""
    if not found and end_to_end:
        found = _first(folder, [*end_to_end, *(("-m", "core") if core else ())])
    return found


def _first(folder: Path, arguments: Sequence[str]) -> str:
    # All that is imported is the copy's: pytest puts its own folders first, and the
    # programs that tests start find them by PYTHONPATH.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "--exitfirst", "-rfE", "--color=no"]
    # Not run(), which would kill it when interrupted, before it has swept up.
    with subprocess.Popen(
        [*command, "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        printed, _ = process.communicate()
    if process.returncode in {PASSED, NOTHING}:
        return ""
    if test := re.search(r"^FAILED (tests/[^\s[]+)", printed, re.MULTILINE):
        return test[1]
    test = re.search(r"^ERROR (tests/[^\s[]+)", printed, re.MULTILINE)
    if not test:
        raise BrokenRunError(printed)
    step = re.search(r"^_+ ERROR at (setup|teardown) of ", printed, re.MULTILINE)
    return f"error at {step[1] if step else 'collection'} of {test[1]}"
