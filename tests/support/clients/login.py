"""Logins on the submission ports, and the answers to them."""

import base64
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.support.clients.dialogue import Reply, Smtp
from tests.support.server.server import Server


def log_in(server: Server, port: int, *credentials: tuple[str, str]) -> list[Reply]:
    """
    Try each address and password on *port* (587 or 465), all at once.

    At once, because a refusal takes seconds, to slow guessing.
    """
    with ExitStack() as stack:
        sessions = [
            stack.enter_context(server.connect(port, server.trust)) for _ in credentials
        ]
        for session, (address, password) in zip(sessions, credentials, strict=True):
            session.ehlo()
            session.write(f"AUTH PLAIN {plain(address, password)}\r\n".encode())
        return [session.reply() for session in sessions]


@contextmanager
def logged_in(server: Server, login: str, password: str) -> Iterator[Smtp]:
    """Open a dialogue on port 587 as *login*, for one message after the other."""
    with server.connect(587, server.trust) as session:
        reply = session.say(f"AUTH PLAIN {plain(login, password)}")
        if reply.code != 235:
            raise AssertionError(f"{login} can't log in: {reply}")
        yield session


def plain(address: str, password: str) -> str:
    """Write the credentials as the mechanism PLAIN wants them (RFC 4616)."""
    return base64.b64encode(f"\0{address}\0{password}".encode()).decode()
