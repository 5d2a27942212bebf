"""Accounts on our server, made as an operator makes them."""

import secrets

from .mailbox import Mailbox
from .server import Server


def open_account(server: Server, address: str) -> Mailbox:
    """Add the user *address*, with a password that nobody else knows."""
    password = secrets.token_urlsafe()
    server.project.stack("user", "add", address, "--password-stdin", stdin=password)
    return Mailbox(address, password, server)
