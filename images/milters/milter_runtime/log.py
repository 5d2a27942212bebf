"""The container's log: one readable line for each event, on standard output."""

import re
import sys

_LONGEST = 2000


def printable(text: str) -> str:
    """
    Return *text* with everything escaped that isn't printable ASCII.

    Strangers choose the text: a line feed in a Subject must not forge a log line.
    """
    return re.sub(r"[^ -~]", lambda found: ascii(found[0])[1:-1], text)[:_LONGEST]


def say(text: str) -> None:
    """Write *text* as one line, in one piece although many threads speak."""
    sys.stdout.write(f"{printable(text)}\n")
    sys.stdout.flush()
