"""Limits how much one login may send, in case its password is stolen."""

import threading
import time
from collections import deque
from collections.abc import Callable

# Seconds for which a recipient counts.
WINDOW = 3600.0


class RateLimit:
    """
    Counts the recipients of each login in the last hour.

    In memory only: a restart forgets the counts, which expire within an hour anyway.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: dict[str, deque[tuple[float, int]]] = {}
        self._lock = threading.Lock()

    def take(self, login: str, recipients: int, limit: int) -> float:
        """
        Count *recipients* more of *login*, if that makes *limit* at most in an hour.

        Returns:
            0 when they are counted; otherwise the seconds until there is room.
        """
        now = self._clock()
        with self._lock:
            sent = self._sent.setdefault(login, deque())
            while sent and sent[0][0] <= now - WINDOW:
                sent.popleft()
            over = sum(count for _, count in sent) + recipients - limit
            if over <= 0:
                sent.append((now, recipients))
                return 0.0
            return self._until_gone(sent, over) - now

    @staticmethod
    def _until_gone(sent: deque[tuple[float, int]], over: int) -> float:
        """Return when the oldest *over* recipients are an hour old."""
        for when, count in sent:
            over -= count
            if over <= 0:
                return when + WINDOW
        raise ValueError("more recipients than the limit")
