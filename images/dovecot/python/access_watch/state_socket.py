"""
Tells whether passwords can be looked up: dkim-sign asks, and this container's health.

Postfix replies that a password is wrong (535) even when Dovecot reports that it can't
look passwords up (xsasl_dovecot_server.c). dkim-sign, which Postfix asks before a
login, may not read them itself.
"""

import os
import socketserver
from contextlib import suppress
from pathlib import Path

from access_watch.accounts import Accounts

SOCKET = Path("/run/logins/state")
# The group of those who read the accounts.
READERS = 5001
WELL = "ok"


class Server(socketserver.ThreadingUnixStreamServer):
    """Answers each connection with one line."""

    daemon_threads = True

    def __init__(self, path: Path, accounts: Accounts) -> None:
        """Listen at *path*, in place of an earlier process."""
        self.accounts = accounts
        path.unlink(missing_ok=True)
        super().__init__(str(path), _Answer)
        if os.geteuid() == 0:
            os.chown(path, 0, READERS)
        path.chmod(0o660)


class _Answer(socketserver.BaseRequestHandler):
    server: Server

    def handle(self) -> None:
        state = self.server.accounts.trouble() or WELL
        # The client may have hung up.
        with suppress(OSError):
            self.request.sendall(f"{state}\n".encode())
