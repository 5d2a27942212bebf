"""Runs the receiver: `python3 -m report_receiver [--check FOLDER]`."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from report_receiver import configuration, lmtp
from report_receiver.intake import Intake
from report_receiver.places import DATABASE, LIVE, SOCKET


def main(arguments: list[str]) -> None:
    """Check a configuration, or run the receiver."""
    # What strangers tell about our mail is nobody else's business.
    os.umask(0o077)
    match arguments:
        case ["--check", folder]:
            check(Path(folder))
        case []:
            asyncio.run(run())
        case _:
            sys.exit(__doc__)


async def run() -> None:
    """Serve Postfix until told to stop."""
    serving = asyncio.ensure_future(lmtp.serve(Intake(DATABASE, LIVE).take, SOCKET))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)
    with suppress(asyncio.CancelledError):
        await serving


def check(folder: Path) -> None:
    """Exit with what is wrong with the configuration in *folder*."""
    try:
        configuration.load(folder)
    except (ValueError, OSError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
