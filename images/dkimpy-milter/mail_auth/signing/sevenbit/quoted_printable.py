"""Quoted-printable as Postfix writes it: src/global/mime_state.c."""

import re

_NOT_PLAIN = re.compile(rb"[^\t -<>-~]")
_HEX = {bytes([octet]): b"=%02X" % octet for octet in range(256)}

# A line is broken where it gets longer, in octets.
_ENOUGH = 72


def printable(line: bytes) -> bytes:
    """Return *line*, which has no line end, as lines joined by CRLF."""
    encoded = _NOT_PLAIN.sub(lambda found: _HEX[found[0]], line)
    pieces = []
    start = 0
    while (end := _break(encoded, start)) < len(encoded):
        pieces.append(encoded[start:end] + b"=\r\n")
        start = end
    last = encoded[start:]
    if last.endswith((b" ", b"\t")):
        last = last[:-1] + _HEX[last[-1:]]
    return b"".join([*pieces, last])


def _break(encoded: bytes, start: int) -> int:
    """Return the first place after *start* that is over the limit and in no =XX."""
    end = start + _ENOUGH + 1
    if encoded[end - 1 : end] == b"=":
        return end + 2
    if encoded[end - 2 : end - 1] == b"=":
        return end + 1
    return end
