"""Answers Postfix on a UNIX socket: `python3 -m srs_table [--check] CONFIG`."""

import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path

from milter_runtime.config_file import ConfigError
from milter_runtime.log import say
from socketmap_server.listener import unix_listener
from socketmap_server.server import Limits, serve

from srs_table.config import SECRETS, load, load_secrets
from srs_table.tables import Tables

SOCKET = Path("/run/srs/socket")


class _Lines(logging.Handler):
    """Writes what the server logs as the other containers do, with its cause."""

    def emit(self, record: logging.LogRecord) -> None:
        cause = record.exc_info[1] if record.exc_info else None
        end = f": {cause}" if cause else ""
        say(f"{record.levelname.lower()}: {record.getMessage()}{end}")


async def run(path: Path) -> None:
    """Serve Postfix by the configuration in *path* until SIGTERM."""
    tables = Tables(path, SECRETS)
    server = asyncio.create_task(
        serve(unix_listener(SOCKET), tables.answer, Limits(answer=10))
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, server.cancel)
    say(f"listening on {SOCKET}")
    with contextlib.suppress(asyncio.CancelledError):
        await server


def main(arguments: list[str]) -> None:
    """Check or run the configuration whose path is the last of *arguments*."""
    path = Path(arguments[-1])
    try:
        load(path)
        load_secrets(SECRETS)
    except ConfigError as error:
        sys.exit(str(error))
    if "--check" not in arguments:
        logging.getLogger().addHandler(_Lines())
        asyncio.run(run(path))


if __name__ == "__main__":
    main(sys.argv[1:])
