"""Postfix's half of the milter protocol, as much of it as a load needs."""

import re
import socket
import struct
from collections.abc import Iterator

# Version 6; what a milter may do with headers, and how we understand it: libmilter's
# mfapi.h and mfdef.h.
VERSION, ADD_HEADERS, CHANGE_HEADERS = 6, 0x01, 0x10
SKIP, LEADING_SPACE = 0x400, 0x100000
PIECE = 65535


class MilterError(Exception):
    """The milter put a message off, or said what nobody expects."""


class MilterClient:
    """One connection, for one message after the other."""

    def __init__(self, address: str, port: int) -> None:
        self._socket = socket.create_connection((address, port), 120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")
        changes, wishes = ADD_HEADERS | CHANGE_HEADERS, SKIP | LEADING_SPACE
        offer = struct.pack("!III", VERSION, changes, wishes)
        self._socket.sendall(_packet(b"O", offer))
        self._answer()
        self._ask(b"C", b"mx.outside.test\0004\0\x19192.0.2.7\0", j="mail.example.test")
        self._ask(b"H", b"mx.outside.test\0")

    def deliver(self, message: bytes) -> str:
        """
        Have *message* judged, and return what it was found to be: passed or refused.

        Raises:
            MilterError: When it is put off.
        """
        head, _, body = message.partition(b"\n\n")
        self._ask(b"M", b"<carol@outside.test>\0")
        self._ask(b"R", b"<alice@example.test>\0")
        self._ask(b"T", b"", i="4BENCH")
        for name, value in re.findall(rb"(?m)^([^:\s]+):(.*(?:\n[ \t].*)*)", head):
            self._ask(b"L", name + b"\0" + value + b"\0")
        self._ask(b"N")
        for piece in _pieces(body.replace(b"\n", b"\r\n")):
            if self._ask(b"B", piece) == b"s":
                break
        return {b"c": "passed", b"y": "refused"}[self._ask(b"E")]

    def close(self) -> None:
        """Take leave."""
        self._socket.sendall(_packet(b"Q"))
        self._socket.close()

    def _ask(self, command: bytes, data: bytes = b"", **macros: str) -> bytes:
        # In one packet, as Postfix does.
        pairs = "".join(f"{name}\0{value}\0" for name, value in macros.items())
        before = _packet(b"D", command + pairs.encode()) if macros else b""
        self._socket.sendall(before + _packet(command, data))
        while True:
            kind, said = self._answer()
            if kind in b"cs" or (kind == b"y" and said.startswith(b"5")):
                return kind
            if kind not in b"hi":
                raise MilterError(f"{command!r} was answered {kind!r} {said!r}")

    def _answer(self) -> tuple[bytes, bytes]:
        (length,) = struct.unpack("!I", self._answers.read(4))
        kind, *said = struct.unpack(f"!c{length - 1}s", self._answers.read(length))
        return kind, said[0]


def _packet(command: bytes, data: bytes = b"") -> bytes:
    return struct.pack("!I", 1 + len(data)) + command + data


def _pieces(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]
