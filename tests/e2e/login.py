"""Logins by hand: what is tried, and what the server says to it."""

import base64
from contextlib import ExitStack

from .dialogue import Reply
from .server import Server


def log_in(server: Server, port: int, *credentials: tuple[str, str]) -> list[Reply]:
    """
    Try each address and password on *port* (587 or 465), all at once.

    At once, because an answer that says no takes seconds: it slows guessers.
    """
    with ExitStack() as stack:
        sessions = [
            stack.enter_context(server.connect(port, server.trust)) for _ in credentials
        ]
        for session, (address, password) in zip(sessions, credentials, strict=True):
            session.ehlo()
            session.write(f"AUTH PLAIN {plain(address, password)}\r\n".encode())
        return [session.reply() for session in sessions]


def plain(address: str, password: str) -> str:
    """Write the credentials as the mechanism PLAIN wants them (RFC 4616)."""
    return base64.b64encode(f"\0{address}\0{password}".encode()).decode()
