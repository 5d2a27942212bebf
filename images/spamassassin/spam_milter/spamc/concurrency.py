"""Limits the messages at spamd to the number of its children; others wait here."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from spam_milter.spamc.client import NoVerdictError


class BusyError(NoVerdictError):
    """All children were busy for longer than a message may wait."""


class ConcurrencyLimit:
    """
    A semaphore whose maximum can change.

    A message waits here and not at spamd. So the time that spamd takes for a message
    does not include the wait for others, and a hanging child is told from a busy one.
    """

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._taken = 0
        self.maximum = 1
        """How many slots there are. May be changed while some are taken."""

    @contextmanager
    def slot(self, timeout: float) -> Iterator[None]:
        """
        Hold a slot, as soon as one is free.

        Raises:
            BusyError: None is free for *timeout* seconds.
        """
        with self._free:
            if not self._free.wait_for(lambda: self._taken < self.maximum, timeout):
                raise BusyError(f"no child of spamd is free for {timeout:g} s")
            self._taken += 1
        try:
            yield
        finally:
            with self._free:
                self._taken -= 1
                self._free.notify()
