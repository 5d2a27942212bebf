"""
The server: each connection of Postfix brings one question after another.

    await serve(unix_listener(Path("/run/x/socket")), answer, Limits(answer=20))

The socket can be a TCP one, too. A question is a netstring `map_name key`, and so is a
reply, `STATUS text`.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from socketmap_server.netstrings import NetstringError, netstring, read_netstring
from socketmap_server.reply import Reply, permanent, temporary, timed_out

Answer = Callable[[str, str], Awaitable[Reply]]
"""From the name of the map and the key. What it raises is logged, and mail waits."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Limits:
    """What clients may take. All times are in seconds."""

    request: int = 10_000
    """Octets of a question. Longer ones end the connection."""

    connections: int = 500
    """Open at a time. One more is closed at once: Postfix tries again."""

    at_once: int = 100
    """Questions that are being answered. Further ones wait, as part of their time."""

    answer: float = 60
    """To answer a question. Postfix waits for 100 (DICT_SOCKMAP_TIMEOUT)."""

    idle: float = 60
    """Until the next question. Postfix itself ends a connection after 10."""

    transfer: float = 10
    """For a question that has begun, and for a reply."""


async def serve(listening: socket.socket, answer: Answer, limits: Limits) -> None:
    """
    Answer questions that come to *listening* until cancelled.

    Then all connections are closed, also those whose question is being answered:
    Postfix asks again.
    """
    connections = _Connections(answer, limits)
    start = (
        asyncio.start_unix_server
        if listening.family == socket.AF_UNIX
        else asyncio.start_server
    )
    server = await start(connections.take, sock=listening)
    try:
        await asyncio.Event().wait()
    finally:
        server.close()
        await connections.end()


class _Connections:
    """The open connections, and their share of the work."""

    def __init__(self, answer: Answer, limits: Limits) -> None:
        self._answer = answer
        self._limits = limits
        self._turns = asyncio.Semaphore(limits.at_once)
        self._tasks: set[asyncio.Task[None]] = set()

    def take(self, reads: asyncio.StreamReader, writes: asyncio.StreamWriter) -> None:
        """Answer a new connection, unless there are too many."""
        if len(self._tasks) >= self._limits.connections:
            _log.warning("too many connections: one is closed")
            writes.transport.abort()
            return
        task = asyncio.create_task(self._converse(reads, writes))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def end(self) -> None:
        """Close all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _converse(
        self, reads: asyncio.StreamReader, writes: asyncio.StreamWriter
    ) -> None:
        try:
            while await self._one_question(reads, writes):
                pass
        except NetstringError as error:
            _log.warning("a question is refused: %s", error)
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            # The client is gone, or says nothing: Postfix opens another connection.
            pass
        finally:
            writes.transport.abort()

    async def _one_question(
        self, reads: asyncio.StreamReader, writes: asyncio.StreamWriter
    ) -> bool:
        """Answer the next question; tell whether there was one."""
        first = await asyncio.wait_for(reads.read(1), self._limits.idle)
        if not first:
            return False
        request = await asyncio.wait_for(
            read_netstring(reads, self._limits.request, first), self._limits.transfer
        )
        writes.write(netstring(await self._reply(request)))
        await asyncio.wait_for(writes.drain(), self._limits.transfer)
        return True

    async def _reply(self, request: bytes) -> bytes:
        try:
            map_name, blank, key = request.decode().partition(" ")
            if not blank:
                return permanent("a question is a map's name and a key").encode()
            async with asyncio.timeout(self._limits.answer), self._turns:
                return (await self._answer(map_name, key)).encode()
        except UnicodeDecodeError:
            return permanent("a question is UTF-8").encode()
        except TimeoutError:
            return timed_out(f"no answer in {self._limits.answer:g} seconds").encode()
        except Exception:
            _log.exception("no answer to %a", request)
            return temporary("internal error, see the log of this service").encode()
