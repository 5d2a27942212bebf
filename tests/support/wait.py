"""Waiting for something to become true, with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

# Short against what we wait for, long against what a look costs.
PAUSE = 0.1


def wait_until(look: Callable[[], Found], what: str, within: float = 30) -> Found:
    """
    Look again and again until *look* returns something true, and return that.

    Args:
        look: Asked about ten times a second.
        what: Ends the sentence "in 30 s, not seen: …" of the failure.
        within: Seconds.

    Raises:
        AssertionError: When the deadline passes first.
    """
    deadline = time.monotonic() + within
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"in {within} s, not seen: {what}")
        time.sleep(PAUSE)
    return found
