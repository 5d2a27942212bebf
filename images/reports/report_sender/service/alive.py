"""The sign that the collector is at work: a file that it touches at each turn."""

import time
from pathlib import Path

FILE = Path("/run/collecting")

# Seconds. A turn takes one.
PATIENCE = 30


def show() -> None:
    """Tell that the collector is at work."""
    FILE.touch()


def fault() -> str:
    """Return what is wrong if nothing is counted."""
    try:
        silent = time.time() - FILE.stat().st_mtime
    except OSError:
        return "results are not counted: the collector has not started"
    if silent > PATIENCE:
        return f"results are not counted: the collector hangs for {silent:.0f} s"
    return ""
