"""
The conversion to 7 bits that Postfix does at delivery: src/global/mime_state.c.

It goes by labels and not by octets: parts whose Content-Transfer-Encoding is 8bit or
binary become quoted-printable. Ours must give the same octets, for they are signed.
"""

import io
import re
from typing import NamedTuple

from mail_auth.signing.sevenbit.header_tokens import encoding, parameters
from mail_auth.signing.sevenbit.quoted_printable import printable

# Octets. What gets longer is not converted: signing takes several times as much memory.
_LARGEST = 64 << 20

# mime_nesting_limit in postconf(5).
_DEEPEST = 100

_LABELS = (b"8bit", b"binary")
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*(?=:)")

_TEXT = (b"text", b"plain")
_MESSAGE = (b"message", b"rfc822")
_OTHER = (b"", b"")

# Signed or encrypted as octets (RFC 1847, 2.1 and 2.2).
_SEALED = {b"signed", b"encrypted"}


class NotConvertibleError(Exception):
    """The message would be converted, and must not be."""


def converted(message: bytes) -> bytes:
    """
    Return *message*, with CRLF, as a server without 8BITMIME gets it from Postfix.

    Returns:
        The very same object if nothing would be changed.

    Raises:
        NotConvertibleError: Conversion would break a signature inside, or the text,
            or takes too much memory.
    """
    text = message.lower()
    if not any(label in text for label in _LABELS):
        return message
    del text
    conversion = _Conversion(message)
    conversion.run()
    return conversion.out.getvalue() if conversion.changed else message


class _Multipart(NamedTuple):
    """A multipart that has not ended."""

    boundary: bytes
    default: tuple[bytes, bytes]
    """The type of its parts that name none (RFC 2046, 5.1)."""
    sealed: bool


class _Conversion:
    """Where in the message we are: a block of headers, or a body up to a boundary."""

    def __init__(self, message: bytes) -> None:
        self.message = message
        self.at = 0
        self.open: list[_Multipart] = []
        self.out = io.BytesIO()
        self.changed = False
        self._begin(_TEXT)

    def run(self) -> None:
        """Convert all of the message."""
        headers = True
        while self.at < len(self.message):
            headers = self._headers() if headers else self._body()

    def _begin(self, default: tuple[bytes, bytes]) -> None:
        self.type, self.subtype = default
        self.wide = False
        """Whether this part, as far as its headers were read, is to be converted."""
        self.held = False
        """Whether a label of it was taken out."""

    def _line(self) -> bytes:
        """Return the line at hand, without its end."""
        end = self.message.find(b"\n", self.at)
        return self.message[self.at : end if end >= 0 else None].removesuffix(b"\r")

    def _skip_line(self) -> None:
        end = self.message.find(b"\n", self.at)
        self.at = end + 1 if end >= 0 else len(self.message)

    def _headers(self) -> bool:
        """Convert a block of headers; tell whether another follows (message/rfc822)."""
        field = line = b""
        while self.at < len(self.message):
            line = self._line()
            if field and line.startswith((b" ", b"\t")):
                field += b"\n" + line
            else:
                self._end_field(field)
                field = b""
                if not (found := _FIELD.match(line)):
                    break
                field = found[1] + line[found.end() :]
            self._skip_line()
        self._end_field(field)
        self._end_headers()
        if self.at == len(self.message) or line:
            return False
        self.out.write(b"\r\n")
        self._skip_line()
        return self._nested()

    def _end_field(self, field: bytes) -> None:
        name, _, value = field.partition(b":")
        if name.lower() == b"content-type":
            self._content_type(value)
        if name.lower() == b"content-transfer-encoding":
            if found := encoding(value):
                self.wide = _is_wide(found, self.wide)
            if self.wide:
                self.held = True
                return
        if field:
            self.out.write(field.replace(b"\n", b"\r\n") + b"\r\n")

    def _content_type(self, value: bytes) -> None:
        parts = parameters(value)
        first = next(parts, [])
        if not first:
            self.type = b""
            return
        subtype = (
            first[2].text.lower()
            if len(first) > 2 and first[1].kind == "/" and first[2].kind == "word"
            else b""
        )
        if any(first[0].says(each) for each in (b"text", b"message", b"multipart")):
            self.type = first[0].text.lower()
        if first[0].says(b"text") or first[0].says(b"message"):
            self.subtype = subtype
        elif first[0].says(b"multipart"):
            default = _MESSAGE if subtype == b"digest" else _TEXT
            for part in parts:
                if len(part) > 2 and part[0].says(b"boundary") and part[1].kind == "=":
                    self._open(_Multipart(part[2].text, default, subtype in _SEALED))

    def _open(self, multipart: _Multipart) -> None:
        if len(self.open) <= _DEEPEST + 1:
            self.open.append(multipart)

    def _end_headers(self) -> None:
        """Write the label of a part that is converted."""
        if not self.held:
            return
        self.changed = True
        if any(each.sealed for each in self.open):
            raise NotConvertibleError("it has a part that is signed or encrypted")
        if not self.wide:
            return
        # Part of a message, or a report: Postfix would recode it, and label it 7bit.
        if self.type == b"message" and self.subtype not in {b"rfc822", b"global"}:
            raise NotConvertibleError("it has a part that can't be recoded")
        is_whole = self.type == b"multipart" or (self.type, self.subtype) == _MESSAGE
        label = b"7bit" if is_whole else b"quoted-printable"
        self.out.write(b"Content-Transfer-Encoding: " + label + b"\r\n")

    def _nested(self) -> bool:
        """Go on after the blank line; tell whether headers follow."""
        if self.type == b"multipart":
            self._begin(_OTHER)
        elif self.type == b"message" and (
            self.subtype == b"rfc822" or (self.subtype == b"global" and not self.wide)
        ):
            self._begin(_TEXT)
            return True
        return False

    def _body(self) -> bool:
        """Convert as far as the next boundary; tell whether it begins a part."""
        start = self.at
        depth = self._find_boundary()
        self._write(start, self.at)
        if depth < 0:
            return False
        line = self._line()
        self.out.write(line + b"\r\n")
        self._skip_line()
        found = self.open[depth]
        if line.startswith(b"--", len(found.boundary) + 2):
            del self.open[depth:]
            self._begin(_OTHER)
            return False
        del self.open[depth + 1 :]
        self._begin(found.default)
        return True

    def _find_boundary(self) -> int:
        """Go to the next boundary or the end; return whose it is, or -1."""
        marks = tuple(b"--" + each.boundary for each in self.open)
        while self.at < len(self.message):
            if (
                self.message.startswith(marks, self.at)
                and len(line := self._line()) > 2
            ):
                return max(n for n, mark in enumerate(marks) if line.startswith(mark))
            found = self.message.find(b"\n--", self.at) if marks else -1
            self.at = found + 1 if found >= 0 else len(self.message)
        return -1

    def _write(self, start: int, end: int) -> None:
        if not self.wide:
            self.out.write(memoryview(self.message)[start:end])
            return
        for line in io.BytesIO(self.message[start:end]):
            text = line.removesuffix(b"\n").removesuffix(b"\r")
            self.out.write(printable(text) + b"\r\n")
            if self.out.tell() > _LARGEST:
                raise NotConvertibleError("it is too large to be recoded")


def _is_wide(named: bytes, so_far: bool) -> bool:
    """Tell whether an encoding is none at all, for text with octets over 127."""
    if named in _LABELS:
        return True
    return so_far and named not in {b"7bit", b"base64", b"quoted-printable"}
