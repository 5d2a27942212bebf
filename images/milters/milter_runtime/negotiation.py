"""Negotiates with a milter, as Postfix does first (milter protocol, version 6)."""

import socket
import struct

_NEGOTIATE, _QUIT = b"O", b"Q"


def negotiates(port: int, within: float, host: str = "127.0.0.1") -> bool:
    """
    Tell whether the milter at *port* of *host* answers within *within* seconds.

    Raises:
        OSError: When nobody listens there, or the answer does not come in time.
    """
    # Offers every action and protocol step: libmilter takes what it needs.
    offer = _NEGOTIATE + struct.pack("!III", 6, 0x1FF, 0x1FFFFF)
    with socket.create_connection((host, port), within) as milter:
        milter.sendall(struct.pack("!I", len(offer)) + offer)
        answer = milter.recv(5)
        milter.sendall(struct.pack("!I", 1) + _QUIT)
    return answer[4:] == _NEGOTIATE
