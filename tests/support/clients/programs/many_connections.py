"""
Open more connections to port 25 than Postfix has processes for.

It runs beside Postfix, on whose loopback it has as many addresses as it wants. Prints
how many were greeted, and stays.
"""

import signal
import socket

# A client address has fifty connections at most, and Postfix a hundred processes.
ADDRESSES, EACH = 3, 40


def come() -> list[socket.socket]:
    """Connect, and wait for the greetings that there are processes for."""
    clients = [
        socket.create_connection(
            ("127.0.0.1", 25), 30, source_address=(f"127.0.0.{address}", 0)
        )
        for address in range(2, 2 + ADDRESSES)
        for _ in range(EACH)
    ]
    greeted = [client.recv(512).startswith(b"220") for client in clients[:100]]
    print("greeted", sum(greeted), flush=True)
    return clients


if __name__ == "__main__":
    everybody = come()
    signal.pause()
