"""Reads MIME's headers with the eyes of Postfix: src/global/header_token.c."""

from collections.abc import Iterator
from typing import NamedTuple

_BLANK = b" \t\r\n"
_OF_TYPES = b'()<>@,;:\\"/[]?='
_OF_ENCODINGS = b'()<>@,;:\\".[]'


class Token(NamedTuple):
    """A word, a quoted string or a special character."""

    kind: str
    """`word`, `quoted`, or the character itself."""

    text: bytes

    def says(self, word: bytes) -> bool:
        """Tell whether this is *word* (lower case), in whatever case."""
        return self.kind == "word" and self.text.lower() == word


def parameters(value: bytes) -> Iterator[list[Token]]:
    """
    Yield what stands between the semicolons of a Content-Type.

    Of each, the first three tokens: `multipart / mixed`, `boundary = x`.
    """
    part: list[Token] = []
    for token in _tokens(value, _OF_TYPES):
        if token.kind == ";":
            yield part[:3]
            part = []
        else:
            part.append(token)
    if part:
        yield part[:3]


def encoding(value: bytes) -> bytes:
    """Return what a Content-Transfer-Encoding says, in lower case; or nothing."""
    first = next(_tokens(value, _OF_ENCODINGS), None)
    return first.text.lower() if first and first.kind == "word" else b""


def _tokens(text: bytes, specials: bytes) -> Iterator[Token]:
    at = 0
    while at < len(text):
        char = text[at : at + 1]
        if char in _BLANK:
            at += 1
        elif char == b"(":
            at = _after_comment(text, at + 1)
        elif char == b'"':
            token, at = _quoted(text, at + 1)
            yield token
        elif _ends_word(char, specials):
            yield Token(char.decode(), char)
            at += 1
        else:
            end = at
            while end < len(text) and not _ends_word(text[end : end + 1], specials):
                end += 1
            yield Token("word", text[at:end])
            at = end


def _ends_word(char: bytes, specials: bytes) -> bool:
    return char in specials or char <= b" " or char == b"\x7f"


def _after_comment(text: bytes, at: int) -> int:
    depth = 1
    while at < len(text) and depth:
        char = text[at : at + 1]
        depth += (char == b"(") - (char == b")")
        at += 2 if char == b"\\" else 1
    return at


def _quoted(text: bytes, at: int) -> tuple[Token, int]:
    found = bytearray()
    while at < len(text) and (char := text[at : at + 1]) != b'"':
        if char == b"\n":
            found = found.rstrip(_BLANK)
        else:
            at += char == b"\\"
            found += text[at : at + 1]
        at += 1
    return Token("quoted", bytes(found)), at + 1
