"""Waits for signals, in the main thread."""

import os
import select
import signal


class Signals:
    """
    The signals that the supervisor handles, whichever thread they reach.

    libmilter waits for some of them in a thread of its own, but the kernel prefers the
    main thread as long as that does not block them.
    """

    NUMBERS = (
        *(signal.SIGTERM, signal.SIGINT),
        *(signal.SIGUSR1, signal.SIGUSR2),
        signal.SIGCHLD,
    )

    def __init__(self) -> None:
        self._reader, writer = os.pipe()
        os.set_blocking(writer, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        for number in self.NUMBERS:
            signal.signal(number, lambda *_: None)

    def wait(self, seconds: float | None) -> set[int]:
        """Return the signals that came, after *seconds* none; None waits for ever."""
        ready, _, _ = select.select([self._reader], [], [], seconds)
        return set(os.read(self._reader, 512)) if ready else set()
