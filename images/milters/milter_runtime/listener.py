"""Where a milter listens."""

import re
import socket


def listener(address: str) -> socket.socket:
    """
    Return the socket to serve on, for an *address* like inet:8891@0.0.0.0.

    A name means the address that it has now: Docker gives out others at a restart.

    Answers of several packets would wait 40 ms for Postfix's delayed ACK; what
    libmilter accepts from this socket inherits that they don't. libmilter takes it
    as `fd:NUMBER`.
    """
    family, port, host = re.split("[:@]", address, maxsplit=2)
    kind = socket.AF_INET6 if family == "inet6" else socket.AF_INET
    listening = socket.create_server((host.strip("[]"), int(port)), family=kind)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening
