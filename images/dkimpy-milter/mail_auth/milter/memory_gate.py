"""Room in memory: large messages are held one after the other, small ones at once."""

import threading

# Of these, as many as Postfix has sessions fit into the container's memory.
SMALL = 1 << 20
# Seconds; less than Postfix waits for us (milter_content_timeout).
_TIMEOUT = 100.0

_large_message = threading.Lock()


class MemoryClaim:
    """One message's claim to be held in memory."""

    def __init__(self, timeout: float = _TIMEOUT) -> None:
        self.timeout = timeout
        self.size = 0
        self.holds_lock = False
        self.timed_out = False
        """Whether the message is to be put off, for others took all the time."""

    def take(self, octets: int) -> bool:
        """
        Ask to hold *octets* more, and wait while another large message is held.

        Returns:
            Whether they may be kept.
        """
        self.size += octets
        if self.size > SMALL and not self.holds_lock and not self.timed_out:
            self.holds_lock = _large_message.acquire(timeout=self.timeout)
            self.timed_out = not self.holds_lock
        return not self.timed_out

    def release(self) -> None:
        """Make room for the next: to be said when nothing of the message is held."""
        if self.holds_lock:
            self.holds_lock = False
            _large_message.release()
