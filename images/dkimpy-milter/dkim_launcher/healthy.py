"""Asks the milter to negotiate, as Postfix does first (milter protocol, version 6)."""

import socket
import struct
import sys
from pathlib import Path

from dkim_launcher.conffile import rows

_NEGOTIATE, _QUIT = b"O", b"Q"


def negotiates(port: int, within: float = 5.0) -> bool:
    """Whether the milter at *port* of this host answers within *within* seconds."""
    offer = _NEGOTIATE + struct.pack("!III", 6, 0x1FF, 0x1FFFFF)
    with socket.create_connection(("127.0.0.1", port), within) as milter:
        milter.sendall(struct.pack("!I", len(offer)) + offer)
        answer = milter.recv(5)
        milter.sendall(struct.pack("!I", 1) + _QUIT)
    return answer[4:] == _NEGOTIATE


def _port(conf: Path) -> int:
    address = next(words[1] for _, words in rows(conf) if words[0] == "Socket")
    return int(address.split(":")[1].split("@")[0])


if __name__ == "__main__":
    port = _port(Path(sys.argv[1]))
    try:
        sys.exit(None if negotiates(port) else f"port {port}: no milter's answer")
    except OSError as error:
        sys.exit(f"port {port}: {error}")
