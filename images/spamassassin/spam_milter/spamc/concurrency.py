"""As many messages at spamd at a time as it has children; the others wait here."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from spam_milter.spamc.client import NoVerdictError


class BusyError(NoVerdictError):
    """All children were busy for longer than a message may wait for one."""


class ConcurrencyLimit:
    """
    Places at spamd.

    While a message waits for a place nobody works on it. So what spamd takes for a
    message can be told from what others take, and a child that hangs from a busy day.
    """

    def __init__(self) -> None:
        self._free = threading.Condition()
        self._taken = 0
        self.maximum = 1
        """How many there are. May be changed while some are taken."""

    @contextmanager
    def slot(self, timeout: float) -> Iterator[None]:
        """
        Lend a place, as soon as there is one.

        Raises:
            BusyError: When there is none for *timeout* seconds.
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
