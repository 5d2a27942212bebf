"""Runs programs for a limited time, and shortens what they print on failure."""

import re
import subprocess
from collections.abc import Sequence

TIMEOUT = 1200
"""Seconds that a program has: sa-compile needs a minute, on a busy machine ten."""
ENDED = {124: f"took more than {TIMEOUT} s", -9: "was killed: is memory short?"}
"""What it means when timeout(1) ends like that."""


class FailedError(Exception):
    """Why there are no new rules, in words for the log."""


def run(argv: Sequence[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """
    Run the program *argv* with its children, for twenty minutes at most.

    timeout(1) ends the whole group: a compiler does not go on alone.

    Raises:
        FailedError: When it did not come to its own end.
    """
    done = subprocess.run(  # noqa: S603 - every argv is made by us
        ["timeout", "--kill-after=10", str(TIMEOUT), *argv],  # noqa: S607
        input=stdin,
        capture_output=True,
        check=False,
    )
    if done.returncode in ENDED:
        raise FailedError(f"{argv[0]} {ENDED[done.returncode]}")
    return done


def last_words(*outputs: bytes) -> str:
    """Return the last lines of a program in one line, without times and levels."""
    text = b"\n".join(outputs).decode(errors="replace")
    lines = [re.sub(r"^\w{3} +\d+ [\d:.]+ \[\d+\] ", "", x) for x in text.splitlines()]
    said = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
    return "; ".join(said[-6:]) or "it said nothing"
