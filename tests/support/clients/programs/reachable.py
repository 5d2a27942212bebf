"""Try to connect to addresses and ports; print which of them answer, as JSON."""

import json
import socket
import sys


def answers(host: str, port: int) -> bool:
    """Say whether *port* of *host* can be reached and listens."""
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


if __name__ == "__main__":
    print(json.dumps([answers(host, port) for host, port in json.loads(sys.argv[1])]))
