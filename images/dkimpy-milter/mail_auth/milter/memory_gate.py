"""Limits memory: one large message is held at a time, small ones without limit."""

import threading

# Octets. Messages up to this size fit into memory for all sessions of Postfix.
SMALL = 1 << 20
# Seconds; less than Postfix waits for a milter (milter_content_timeout).
_TIMEOUT = 100.0

_large_message = threading.Lock()


class MemoryClaim:
    """One message's claim to be held in memory."""

    def __init__(self, timeout: float = _TIMEOUT) -> None:
        self.timeout = timeout
        self.size = 0
        self.holds_lock = False
        self.timed_out = False
        """Whether the message must be deferred: others held the memory too long."""

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
        """Let the next large message in; called when nothing of this one is held."""
        if self.holds_lock:
            self.holds_lock = False
            _large_message.release()
