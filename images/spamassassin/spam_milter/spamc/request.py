"""The server's side of spamd's protocol, SPAMC/1.5: requests and replies."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BufferedIOBase

LONGEST_LINE = 1024
MAX_HEADERS = 32
MAX_MESSAGE_BYTES = 256 << 20
"""Bytes of a message that a client may send; spamc sends no more."""


class BadRequestError(Exception):
    """Why a request is malformed; the text goes to the client."""


@dataclass(frozen=True)
class Request:
    """A command, its headers and the message it is about."""

    command: str
    headers: dict[str, str] = field(default_factory=dict)
    """By name in lower case; without Content-length, which the message has."""
    message: bytes = b""

    def as_bytes(self) -> bytes:
        """Return what a client would send."""
        return head(self.command, self.headers, len(self.message)) + self.message


def head(command: str, headers: Mapping[str, str], length: int) -> bytes:
    """Return what precedes a message of *length* octets in a request."""
    fields = {**headers, "content-length": length}
    return "".join(
        [
            f"{command} SPAMC/1.5\r\n",
            *(f"{name.capitalize()}: {value}\r\n" for name, value in fields.items()),
            "\r\n",
        ]
    ).encode()


def read(source: BufferedIOBase, limit: int) -> Request:
    """
    Read one request from *source*, and no more than *limit* bytes of its message.

    The rest of the message is read and dropped, as when a message is scanned.

    Raises:
        BadRequestError: The request is malformed.
        OSError: The client hangs up, or takes too long.
    """
    first = re.fullmatch(r"([A-Z_]{1,20}) SPAMC/\d\.\d", line(source))
    if not first:
        raise BadRequestError("not a command of SPAMC/1.5")
    headers: dict[str, str] = {}
    count = 0
    # Before 1.5 a PING had no headers, and no empty line after them.
    while first[1] != "PING" and (text := line(source)):
        name, colon, value = text.partition(":")
        # Repeated headers count, too: a client must come to an end.
        count += 1
        if not colon or count > MAX_HEADERS:
            raise BadRequestError("not a header, or too many of them")
        headers[name.strip().lower()] = value.strip()
    if "compress" in headers:
        raise BadRequestError("messages are not taken compressed")
    length = headers.pop("content-length", "0")
    if not re.fullmatch(r"\d{1,12}", length) or int(length) > MAX_MESSAGE_BYTES:
        raise BadRequestError(f"Content-length must be at most {MAX_MESSAGE_BYTES}")
    return Request(first[1], headers, body(source, int(length), limit))


def line(source: BufferedIOBase) -> str:
    """Return the next line, without its end."""
    data = source.readline(LONGEST_LINE)
    if not data.endswith(b"\n") or not re.fullmatch(rb"[ -~]*\r?\n", data):
        raise BadRequestError("not a line of printable ASCII")
    return data.rstrip(b"\r\n").decode("ascii")


def body(source: BufferedIOBase, length: int, limit: int) -> bytes:
    """Read *length* bytes and return the first *limit* of them."""
    kept = source.read(min(length, limit))
    left = length - len(kept)
    while left and (data := source.read(min(left, 65536))):
        left -= len(data)
    if left:
        raise BadRequestError("the message is shorter than Content-length")
    return kept


def reply(status: str, *headers: str, body: bytes = b"") -> bytes:
    """Return an answer; *status* is like 0 EX_OK, of sysexits(3)."""
    lines = (f"SPAMD/1.5 {status}", *headers, f"Content-length: {len(body)}", "", "")
    return "\r\n".join(lines).encode("ascii", "replace") + body
