"""
Netstrings: octets with their length before them, as in `5:hello,`.

Source: D. J. Bernstein, https://cr.yp.to/proto/netstrings.txt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Health checks need the form alone: to load this would take them half their time.
    import asyncio


class NetstringError(Exception):
    """What came is no netstring, or one that is too long."""


def netstring(content: bytes) -> bytes:
    """Return *content* as a netstring."""
    return b"%d:%b," % (len(content), content)


async def read_netstring(
    stream: asyncio.StreamReader, most: int, begun: bytes = b""
) -> bytes:
    """
    Return the content of the next netstring of *stream*, *most* octets or fewer.

    If its first octet has been read already, *begun* is that.

    Raises:
        NetstringError: What comes is none, or longer. Nothing of it has been kept.
        asyncio.IncompleteReadError: The stream ends before the netstring does.
    """
    length = await _read_length(stream, most, begun)
    content = await stream.readexactly(length)
    if await stream.readexactly(1) != b",":
        raise NetstringError(f"no comma after {length} octets")
    return content


async def _read_length(stream: asyncio.StreamReader, most: int, begun: bytes) -> int:
    digits = b""
    octet = begun or await stream.readexactly(1)
    while octet != b":":
        digits += octet
        if not digits.isdigit() or (digits[:1] == b"0" and len(digits) > 1):
            raise NetstringError(f"{digits!r} is not the length of a netstring")
        if int(digits) > most:
            raise NetstringError(f"longer than {most} octets")
        octet = await stream.readexactly(1)
    if not digits:
        raise NetstringError("a netstring without a length")
    return int(digits)
