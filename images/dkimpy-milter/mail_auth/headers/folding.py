"""Folds header lines over 998 octets before they are signed."""

import re

from mail_auth.headers.line_length import MAX_LINE_OCTETS

_TOO_LONG = re.compile(rb"[^\r\n]{%d,}" % (MAX_LINE_OCTETS + 1))
_BLANKS = b" \t"

# Octets. Postfix cuts a longer header: KLUDGE_HEADER_LIMIT in cleanup_message.c.
_CUT = 60_000


def folded(field: bytes) -> bytes:
    r"""
    Return *field*, `name: value`, with no line over 998 octets.

    A line is broken only before a blank, so that unfolding (RFC 5322, section 2.2.3)
    and relaxed signatures see the same text. Breaks are \n, as Postfix passes them to
    and from a milter.

    Returns:
        The same field if it needs no fold, or can't be folded: a word is too long, the
        folded header would be longer than Postfix keeps, or it is not UTF-8, which is
        all that pymilter passes on.
    """
    if not _TOO_LONG.search(field):
        return field
    found = _TOO_LONG.sub(lambda line: _broken(line[0]), field)
    fits = len(found) < _CUT and not _TOO_LONG.search(found)
    return found if fits and _is_utf_8(field) else field


def _broken(line: bytes) -> bytes:
    pieces = []
    while len(line) > MAX_LINE_OCTETS and (at := _last_break(line)) > 0:
        pieces.append(line[:at])
        line = line[at:]
    return b"\n".join([*pieces, line])


def _last_break(line: bytes) -> int:
    """
    Return where the last blank is that may begin a new line, or -1.

    Neither line may be blank: some programs take that for the end of the headers.
    """
    first = len(line) - len(line.lstrip(_BLANKS))
    last = len(line.rstrip(_BLANKS))
    return max(
        line.rfind(blank, first, min(last, MAX_LINE_OCTETS + 1))
        for blank in (b" ", b"\t")
    )


def _is_utf_8(field: bytes) -> bool:
    try:
        field.decode()
    except UnicodeDecodeError:
        return False
    return True
