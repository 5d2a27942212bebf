"""The socket on which a milter listens."""

import re
import socket


def listener(address: str) -> socket.socket:
    """
    Return the socket to serve on, for an *address* like inet:8891@0.0.0.0.

    A name is resolved now: Docker assigns another address at a restart.

    libmilter takes the socket as `fd:NUMBER`. The connections that it accepts inherit
    TCP_NODELAY: otherwise a reply of several packets waits 40 ms for Postfix's delayed
    ACK.
    """
    family, port, host = re.split("[:@]", address, maxsplit=2)
    kind = socket.AF_INET6 if family == "inet6" else socket.AF_INET
    listening = socket.create_server((host.strip("[]"), int(port)), family=kind)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
