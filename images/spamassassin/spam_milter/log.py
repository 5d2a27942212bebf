"""One line for each thing worth saying, on stdout."""

import sys


def printable(text: str) -> str:
    """Return *text* with everything escaped that could forge or garble a line."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def say(text: str) -> None:
    """Write *text* as one line, in one piece although many threads speak."""
    sys.stdout.write(printable(text) + "\n")
    sys.stdout.flush()
