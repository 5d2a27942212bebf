"""Takes what dkim-verify and Postfix tell, and counts it."""

import select
import socket
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from report_sender.counting.results import SECONDS_A_DAY, Result, RowError
from report_sender.counting.store import Store
from report_sender.dmarc import rows as dmarc_rows
from report_sender.service import alive
from report_sender.service.log import say
from report_sender.tls import rows as tls_rows

Read = Callable[[bytes], list[Result]]
"""From a datagram to its results; raises RowError."""

# Who tells what, and where (compose.yaml, the volumes of these names).
SOURCES: dict[Path, Read] = {
    Path("/run/dmarc-results/socket"): dmarc_rows.read,
    Path("/run/tls-results/socket"): tls_rows.read,
}

# Octets, more than either of the two sends.
_LARGEST = 65_536
# Results that are written at a time, and seconds until they are.
_BATCH = 1_000
_PAUSE = 1.0
# Results that wait while nothing can be written: the oldest ones are dropped.
_MOST_WAITING = 10_000
# Seconds between two words about the same fault.
_SILENCE = 3_600.0


class Collector:
    """Counts in *store* what comes to *sockets*."""

    def __init__(self, store: Store, sockets: dict[socket.socket, Read]) -> None:
        self._store = store
        self._sockets = sockets
        self._waiting: list[Result] = []
        self._said: dict[str, float] = {}

    def run(self) -> None:
        """Count until the process is told to end."""
        try:
            while True:
                self.turn()
                alive.show()
        finally:
            self._write()

    def turn(self) -> None:
        """Read for a second, or until there is enough, then write."""
        end = time.monotonic() + _PAUSE
        while len(self._waiting) < _BATCH and (left := end - time.monotonic()) > 0:
            for ready in select.select(self._sockets, [], [], left)[0]:
                self._take(ready.recv(_LARGEST), self._sockets[ready])
        self._write()

    def _take(self, datagram: bytes, read: Read) -> None:
        try:
            self._waiting += read(datagram)
        except RowError as error:
            self._say("a row is not counted, it can't be read", str(error))

    def _write(self) -> None:
        if not self._waiting:
            return
        day = int(time.time()) // SECONDS_A_DAY
        try:
            if left_out := self._store.add(day, self._waiting):
                self._say("rows are not counted, there are too many", str(left_out))
            self._waiting.clear()
        except sqlite3.Error as error:
            self._say("results can't be written now", str(error))
            del self._waiting[:-_MOST_WAITING]
            time.sleep(_PAUSE)

    def _say(self, what: str, why: str) -> None:
        """Tell a fault, once an hour: strangers may cause it."""
        now = time.monotonic()
        if now - self._said.get(what, -_SILENCE) >= _SILENCE:
            self._said[what] = now
            say(f"{what}: {why}")


def listening(place: Path) -> socket.socket:
    """Return the socket at *place*, anew if there was one; raises OSError."""
    place.unlink(missing_ok=True)
    found = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    found.bind(str(place))
    # Who has a way into the folder may write there, whatever its user is.
    place.chmod(0o666)
    return found
