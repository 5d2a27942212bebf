"""Runs the receiver: `python3 -m report_receiver [--check FOLDER | --healthy]`."""

import asyncio
import os
import signal
import smtplib
import sqlite3
import sys
from contextlib import suppress
from pathlib import Path

from report_receiver import configuration, lmtp
from report_receiver.intake import Intake
from report_receiver.store import Store

LIVE = Path("/live/current")
DATABASE = Path("/reports/reports.db")

# Seconds. A report is parsed meanwhile, for some seconds at most.
PATIENCE = 10


def main(arguments: list[str]) -> None:
    """Check a configuration, look whether the receiver answers, or run it."""
    # What strangers tell about our mail is nobody else's business.
    os.umask(0o077)
    match arguments:
        case ["--check", folder]:
            check(Path(folder))
        case ["--healthy"]:
            check(LIVE)
            look()
            greet()
        case []:
            asyncio.run(run())
        case _:
            sys.exit(__doc__)


async def run() -> None:
    """Serve Postfix until told to stop."""
    serving = asyncio.ensure_future(lmtp.serve(Intake(DATABASE, LIVE).take))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    with suppress(asyncio.CancelledError):
        await serving


def check(folder: Path) -> None:
    """Exit with what is wrong with the configuration in *folder*."""
    try:
        configuration.load(folder)
    except (ValueError, OSError) as error:
        sys.exit(str(error))


def look() -> None:
    """Exit with what is wrong unless the database can be used."""
    try:
        Store(DATABASE).close()
    except (sqlite3.Error, ValueError) as error:
        sys.exit(
            f"{DATABASE}: {error}: see that it may be written (docker compose run --rm"
            " stack); a damaged one can be moved away, out of var/reports"
        )


def greet() -> None:
    """Exit with what is wrong unless the receiver answers."""
    try:
        with smtplib.LMTP(str(lmtp.SOCKET), timeout=PATIENCE) as session:
            code, words = session.ehlo("health")
    except OSError as error:
        sys.exit(f"{lmtp.SOCKET}: {error}")
    if code != 250:
        sys.exit(f"{lmtp.SOCKET}: {code} {words.decode('ascii', 'replace')}")


if __name__ == "__main__":
    main(sys.argv[1:])
