"""Looks at the accounts each second."""

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
    """One who looks at the *accounts* again and again."""

    def __init__(self, accounts: Accounts) -> None:
        """Begin without knowing anything."""
        self.accounts = accounts
        self.revocations = Revocations()
        self.waiting = False

    def look(self) -> None:
        """Look once, and end the sessions that have lost their right."""
        now = time.monotonic()
        try:
            revoked = self.revocations.take(self.accounts.revoked(), now)
        except sqlite3.Error:
            # Nothing is known, so nobody has lost anything; health tells of it.
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
