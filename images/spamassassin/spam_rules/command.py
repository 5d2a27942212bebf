"""Programs that are run for a limited time, and what they say when they fail."""

import re
import subprocess
from collections.abc import Sequence

LONGEST = 600
"""Seconds that a program has: sa-compile needs a minute, a slow mirror a few."""


class FailedError(Exception):
    """Why there are no new rules, in words for the log."""


def run(argv: Sequence[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """
    Run the program *argv* with its children, for ten minutes at most.

    timeout(1) ends the whole group, exit status 124: a compiler does not go on alone.
    """
    return subprocess.run(  # noqa: S603 - every argv is made by us
        ["timeout", "--kill-after=10", str(LONGEST), *argv],  # noqa: S607
        input=stdin,
        capture_output=True,
        check=False,
    )


def words(*outputs: bytes) -> str:
    """Return what a program said at its end, in one line without times and levels."""
    text = b"\n".join(outputs).decode(errors="replace")
    lines = [re.sub(r"^\w{3} +\d+ [\d:.]+ \[\d+\] ", "", x) for x in text.splitlines()]
    said = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    return "; ".join(said[-6:]) or "it said nothing"
