"""Looks at the accounts each second."""

import sqlite3
import subprocess
import sys
import threading
import time

from access_watch import sessions
from access_watch.accounts import Accounts
from access_watch.answering import SOCKET, Server
from access_watch.revocations import Revocations

PAUSE = 1.0  # seconds


def main() -> None:
    """Watch until the container ends."""
    accounts = Accounts()
    server = Server(SOCKET, accounts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    revocations = Revocations()
    while True:
        look(accounts, revocations)
        time.sleep(PAUSE)


def look(accounts: Accounts, revocations: Revocations) -> None:
    """Look at the accounts once, and end what has lost its right."""
    try:
        revoked = revocations.take(accounts.revoked(), time.monotonic())
    except sqlite3.Error:
        # Nothing is known, so nobody has lost anything; health tells of it.
        return
    if not revoked:
        return
    try:
        for user in sessions.end(revoked):
            _say(f"ended sessions of {user}, which a password opened that is no more")
    except (OSError, subprocess.SubprocessError) as error:
        _say(f"Dovecot ends no sessions yet, it is asked again: {error}")
        revocations.again(revoked, time.monotonic())


def _say(words: str) -> None:
    sys.stderr.write(f"access-watch: {words}\n")
    sys.stderr.flush()
