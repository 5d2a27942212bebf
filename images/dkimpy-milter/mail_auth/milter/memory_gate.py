"""Room in memory: large messages are held one after the other, small ones at once."""

import threading

# Of these, as many as Postfix has sessions fit into the container's memory.
SMALL = 1 << 20
# Seconds; less than Postfix waits for us (milter_content_timeout).
_PATIENCE = 100.0

_room = threading.Lock()


class Turn:
    """One message's claim to be held in memory."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self.patience = patience
        self.size = 0
        self.has_room = False
        self.missed = False
        """Whether the message is to be put off, for others took all the time."""

    def take(self, octets: int) -> bool:
        """
        Ask to hold *octets* more, and wait while another large message is held.

        Returns:
            Whether they may be kept.
        """
        self.size += octets
        if self.size > SMALL and not self.has_room and not self.missed:
            self.has_room = _room.acquire(timeout=self.patience)
            self.missed = not self.has_room
        return not self.missed

    def end(self) -> None:
        """Make room for the next: to be said when nothing of the message is held."""
        if self.has_room:
            self.has_room = False
            _room.release()
