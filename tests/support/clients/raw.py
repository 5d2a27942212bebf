"""A client that sends any bytes, and records what the server sends until it closes."""

import re
import socket
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from select import select
from typing import Self

from .dialogue import TIMEOUT

# In a list of steps: do the handshake now.
HANDSHAKE = None

Step = bytes | None


@dataclass(frozen=True)
class Heard:
    """What a server said until it hung up, and how long that took."""

    text: str
    seconds: float

    @property
    def codes(self) -> list[int]:
        """The code of each reply; of the same again and again, one."""
        found = re.findall(r"^(\d{3}) ", self.text, re.MULTILINE)
        return [int(code) for code, _ in groupby(found)]


class Raw:
    """A connection on which writing never waits for reading."""

    def __init__(self, address: tuple[str, int]) -> None:
        """Connect, and wait for the greeting."""
        self.socket = socket.create_connection(address, timeout=TIMEOUT)
        self.heard = b""
        self.closed = False
        self.await_reply()
        self.forget()

    def __enter__(self) -> Self:
        """Serve as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self.socket.close()

    def forget(self) -> None:
        """Forget what was received so far."""
        self.heard = b""

    def await_reply(self) -> None:
        """
        Listen until there is one more reply, or the end.

        Raises:
            AssertionError: When nothing comes.
        """
        before = self._replies()
        while not self.closed and self._replies() == before:
            if not self.listen(TIMEOUT):
                raise AssertionError(f"no answer in {TIMEOUT} s after {self.heard!r}")

    def write(self, data: bytes) -> None:
        """Send *data*, listening meanwhile; what can't be sent any more is dropped."""
        rest = memoryview(data)
        while rest and not self.closed:
            readable, writable, _ = select([self.socket], [self.socket], [], TIMEOUT)
            if readable:
                self.listen(0)
            elif writable:
                rest = rest[self._send(rest[:65536]) :]

    def encrypt(self, tls: ssl.SSLContext) -> None:
        """Start TLS on this connection."""
        name = getattr(tls, "server_name", None)
        self.socket = tls.wrap_socket(self.socket, server_hostname=name)

    def finish(self) -> None:
        """
        Say that nothing more will come, and listen to the end.

        Raises:
            AssertionError: When the server doesn't hang up.
        """
        if not self.closed:
            self.socket.shutdown(socket.SHUT_WR)
        while not self.closed:
            if not self.listen(TIMEOUT):
                raise AssertionError(f"still open {TIMEOUT} s after the end")

    def _replies(self) -> int:
        return len(re.findall(rb"^\d{3} .*\n", self.heard, re.MULTILINE))

    def _send(self, data: memoryview) -> int:
        self.socket.settimeout(0)
        try:
            return self.socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            # What the server said before it hung up can still be read.
            while not self.closed and self.listen(0):
                pass
            self.closed = True
            return 0

    def listen(self, seconds: float) -> bool:
        """Take what is there, or comes in *seconds*; tell whether anything did."""
        self.socket.settimeout(seconds)
        try:
            data = self.socket.recv(65536)
        except (TimeoutError, BlockingIOError):
            return False
        except OSError:
            data = b""
        self.heard += data
        self.closed = not data
        return True


def talk(
    address: tuple[str, int], steps: Iterable[Step], tls: ssl.SSLContext, greet: bytes
) -> Heard:
    """
    Lead a dialogue: each of the *steps*, a reply awaited to each that is a whole line.

    Args:
        address: Where to connect to.
        steps: What to send; HANDSHAKE encrypts.
        tls: For the handshake.
        greet: Sent first, and the answer forgotten; may be empty.
    """
    begin = time.monotonic()
    with Raw(address) as raw:
        if greet:
            raw.write(greet)
            raw.await_reply()
            raw.forget()
        for step in steps:
            if step is HANDSHAKE:
                raw.encrypt(tls)
            else:
                raw.write(step)
                if step.endswith(b"\n"):
                    raw.await_reply()
        raw.finish()
    text = raw.heard.decode(errors="replace").replace("\r\n", "\n")
    return Heard(text, time.monotonic() - begin)
