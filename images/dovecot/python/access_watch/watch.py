"""Reads the accounts each second, and ends the sessions of revoked passwords."""

import sqlite3
import subprocess
import sys
import threading
import time

from access_watch import sessions
from access_watch.accounts import Accounts
from access_watch.revocations import Revocations
from access_watch.state_socket import SOCKET, Server

PAUSE = 1.0  # seconds


def main() -> None:
    """Watch until the container ends."""
    accounts = Accounts()
    server = Server(SOCKET, accounts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    watch = Watch(accounts)
    while True:
        watch.look()
        time.sleep(PAUSE)


class Watch:
    """Repeated looks at the *accounts*."""

    def __init__(self, accounts: Accounts) -> None:
        """Begin without any revoked password."""
        self.accounts = accounts
        self.revocations = Revocations()
        self.waiting = False

    def look(self) -> None:
        """Look once, and end the sessions of revoked passwords."""
        now = time.monotonic()
        try:
            revoked = self.revocations.take(self.accounts.revoked(), now)
        except sqlite3.Error:
            # Unreadable accounts revoke nothing; the health check reports them.
            return
        if not revoked:
            return
        try:
            ended = sessions.end(revoked)
        except (OSError, subprocess.SubprocessError):
            self.revocations.again(revoked, now)
            if not self.waiting:
                _say("Dovecot does not answer yet; it is asked again each second")
            self.waiting = True
            return
        self.waiting = False
        for user in ended:
            _say(f"ended sessions of {user}, which a password opened that is no more")


def _say(words: str) -> None:
    sys.stderr.write(f"access-watch: {words}\n")
    sys.stderr.flush()
