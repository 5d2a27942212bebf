"""Asks a socketmap server one question, as Postfix would: for health checks."""

import re
import socket
import time
from pathlib import Path
from typing import cast

from socketmap_server.netstrings import netstring
from socketmap_server.reply import MOST_OCTETS, Reply, Status

_REPLY = re.compile(rb"\d+:(OK|NOTFOUND|TEMP|TIMEOUT|PERM) (.*),", re.DOTALL)


def ask(path: Path, map_name: str, key: str, seconds: float) -> Reply:
    """
    Return what the server on the socket *path* says of *key*, within *seconds*.

    Raises:
        OSError: Nobody listens there, or nobody answers in time (TimeoutError).
        ValueError: The answer is not that of a socketmap server.
    """
    end = time.monotonic() + seconds
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        connection.connect(str(path))
        connection.sendall(netstring(f"{map_name} {key}".encode()))
        connection.shutdown(socket.SHUT_WR)
        received = _read_all(connection, end)
    reply = _REPLY.fullmatch(received)
    if not reply or netstring(b" ".join(reply.groups())) != received:
        raise ValueError(f"not the answer of a socketmap server: {received[:100]!a}")
    return Reply(cast(Status, reply[1].decode()), reply[2].decode())


def _read_all(connection: socket.socket, end: float) -> bytes:
    received = b""
    while len(received) < MOST_OCTETS + 20:
        # Zero would mean not to wait at all.
        connection.settimeout(max(0.001, end - time.monotonic()))
        if not (part := connection.recv(65536)):
            break
        received += part
    return received
