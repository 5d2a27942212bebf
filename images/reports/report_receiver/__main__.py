"""Runs the receiver: `python3 -m report_receiver [--check FOLDER | --healthy]`."""

import asyncio
import os
import smtplib
import sys
from pathlib import Path

from report_receiver import configuration, lmtp

LIVE = Path("/live/current")

# Seconds. A report is parsed meanwhile, for some seconds at most.
PATIENCE = 10


async def take(message: bytes | None) -> bool:
    """Take a *message*."""
    return True


def main(arguments: list[str]) -> None:
    """Check a configuration, look whether the receiver answers, or run it."""
    match arguments:
        case ["--check", folder]:
            check(Path(folder))
        case ["--healthy"]:
            check(LIVE)
            greet()
        case []:
            # What strangers tell about our mail is nobody else's business.
            os.umask(0o077)
            asyncio.run(lmtp.serve(take))
        case _:
            sys.exit(__doc__)


def check(folder: Path) -> None:
    """Exit with what is wrong with the configuration in *folder*."""
    try:
        configuration.load(folder)
    except (ValueError, OSError) as error:
        sys.exit(str(error))


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
