"""The LMTP server (RFC 2033) to which Postfix hands the reports, on a UNIX socket."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

# Octets. More than other servers send as one message; a larger one counts as refused.
LARGEST = 10 * 1024 * 1024

# Seconds without a word from Postfix.
IDLE = 300

Take = Callable[[bytes | None], Awaitable[bool]]
"""Takes a message, or None for one that is too large; says whether it is kept."""


class _Handler:
    """Replies to DATA: yes to all that could be written down, else "come again"."""

    def __init__(self, take: Take) -> None:
        self.take = take

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        return await self.reply(content if isinstance(content, bytes) else None)

    async def reply(self, content: bytes | None) -> str:
        kept = await self.take(content)
        return "250 2.0.0 Taken" if kept else "451 4.3.0 Reports can't be kept now"


class _Server(LMTP):
    # Postfix folds lines at 990 octets (master.cf); commands are as long as addresses.
    command_size_limit = 4096

    async def push(self, status: Any) -> None:
        """Count what is too large: Postfix would return it to its sender."""
        if isinstance(status, str) and status.startswith(("552 ", "500 Line too long")):
            status = await self.event_handler.reply(None)
        await super().push(status)


async def serve(take: Take, socket: Path) -> None:
    """Serve Postfix at *socket* until cancelled."""
    handler = _Handler(take)
    loop = asyncio.get_running_loop()
    server = await loop.create_unix_server(
        lambda: _Server(
            handler,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname="reports",
            ident="LMTP",
            timeout=IDLE,
            loop=loop,
        ),
        str(socket),
    )
    # Only Postfix has a way into the folder.
    socket.chmod(0o666)
    try:
        # Not serve_forever(), which waits at its end until all clients have gone.
        await loop.create_future()
    finally:
        server.close()
