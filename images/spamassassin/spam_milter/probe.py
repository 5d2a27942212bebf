"""Answers whether a message would be scanned now, with the rules rendered last."""

import socket
import struct
import sys
from pathlib import Path

from .keeper import LIVE
from .spamd import RULES, SOCKET, answers

ADDRESS = ("127.0.0.1", 8893)
PATIENCE = 20
"""Seconds: spamd answers when a child is free, on a busy day not at once."""


def negotiates(address: tuple[str, int]) -> bool:
    """Tell whether a milter at *address* answers SMFIC_OPTNEG with its own."""
    # Version 6, every action, every protocol step: libmilter takes what it needs.
    offer = struct.pack("!cIII", b"O", 6, 0x1FF, 0x1FFFFF)
    with socket.create_connection(address, timeout=PATIENCE) as connection:
        connection.sendall(struct.pack("!I", len(offer)) + offer)
        reply = connection.recv(5)
        connection.sendall(struct.pack("!Ic", 1, b"Q"))
    return reply[4:] == b"O"


def fault(rules: Path, live: Path) -> str | None:
    """Return what keeps a message from being scanned, if anything does."""
    if rules.resolve() != live.resolve():
        return f"spamd does not use {live.resolve()} yet"
    if not answers(SOCKET, PATIENCE):
        return "spamd does not answer"
    try:
        return None if negotiates(ADDRESS) else "the milter does not negotiate"
    except OSError as error:
        return f"the milter does not answer: {error}"


if __name__ == "__main__":
    sys.exit(fault(RULES, LIVE))
