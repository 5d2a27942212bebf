"""The canonical forms of a body, as dkimpy has them, in linear time and memory."""

_CRLF = b"\r\n"
_MANY = _CRLF * 4096


def relaxed(body: bytes) -> bytes:
    """
    Return *body* in the relaxed form of RFC 6376, section 3.4.4.

    dkimpy's patterns need quadratic time for a run of blanks (minutes for a line of a
    million), and many times the memory of a text with many words.
    """
    text = body.replace(b"\t", b" ")
    while b"  " in text:
        text = text.replace(b"  ", b" ")
    text = simple(text.replace(b" \r\n", _CRLF))
    return b"" if text == _CRLF else text


def simple(body: bytes) -> bytes:
    """Return *body* ending in one CRLF, however many it had (section 3.4.3)."""
    end = len(body)
    for ends in (_MANY, _CRLF):
        while body.endswith(ends, 0, end):
            end -= len(ends)
    # Most bodies end in one CRLF already: the same object saves two copies.
    return body if body[end:] == _CRLF else body[:end] + _CRLF


def split_message(message: bytes) -> tuple[bytes, bytes]:
    """Return headers and body of a *message* whose lines end in CRLF."""
    headers, _, body = message.partition(_CRLF + _CRLF)
    return headers + _CRLF, body
