"""
More clients at once on port 25 than Postfix has processes for.

It runs beside Postfix, on whose loopback it has as many addresses as it wants. Prints
how many were greeted, and leaves.
"""

import socket
import sys

# A client address has fifty connections at most, and Postfix a hundred processes.
ADDRESSES, EACH = 3, 40


def greeted(port: int) -> int:
    """Come, wait for the greetings that there are processes for, and leave together."""
    clients = [
        socket.create_connection(
            ("127.0.0.1", port), 30, source_address=(f"127.0.0.{address}", 0)
        )
        for address in range(2, 2 + ADDRESSES)
        for _ in range(EACH)
    ]
    return sum(client.recv(512).startswith(b"220") for client in clients[:100])


if __name__ == "__main__":
    print(greeted(int(sys.argv[1])))
