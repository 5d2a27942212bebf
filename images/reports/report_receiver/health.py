"""
Succeeds when reports can be taken: `python3 -m report_receiver.health`.

It is run four times a minute. So it does without the libraries of the receiver, which
take longer to load than all that is done here.
"""

import os
import socket
import sqlite3
import sys
from pathlib import Path

from report_receiver import configuration
from report_receiver.places import DATABASE, LIVE, SOCKET
from report_receiver.store import Store

# Seconds. A report is parsed meanwhile, for some seconds at most.
PATIENCE = 10


def fault(live: Path, database: Path, at: Path) -> str:
    """Return what keeps reports from being taken, or nothing."""
    try:
        configuration.load(live)
    except (ValueError, OSError) as error:
        return str(error)
    try:
        Store(database).close()
    except (sqlite3.Error, ValueError) as error:
        return (
            f"{database}: {error}: see that it may be written (docker compose run --rm"
            " stack); a damaged one can be moved away, out of var/reports"
        )
    return _silence(at)


def _silence(at: Path) -> str:
    """Return what is wrong with the answers of the LMTP server, or nothing."""
    try:
        with socket.socket(socket.AF_UNIX) as lmtp:
            lmtp.settimeout(PATIENCE)
            lmtp.connect(str(at))
            replies = lmtp.makefile("rb")
            for command, code in ((b"LHLO health\r\n", b"220"), (b"QUIT\r\n", b"250")):
                if not (reply := replies.readline(512)).startswith(code):
                    return f"{at}: {reply.decode('ascii', 'replace').strip()!r}"
                lmtp.sendall(command)
    except OSError as error:
        return f"{at}: {error}"
    return ""


if __name__ == "__main__":
    # As the receiver: whoever comes first makes the database.
    os.umask(0o077)
    sys.exit(fault(LIVE, DATABASE, SOCKET) or None)
