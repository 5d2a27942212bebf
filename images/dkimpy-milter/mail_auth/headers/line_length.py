"""Line lengths: Postfix folds longer lines after signing, and breaks the signature."""

import io

# Octets without CRLF (RFC 5322, section 2.1.1).
MAX_LINE_OCTETS = 998


def first_long_line(text: bytes) -> tuple[int, int] | None:
    """Return number (from 1) and length in octets of the first line over 998 octets."""
    for number, line in enumerate(io.BytesIO(text), 1):
        if len(line) > MAX_LINE_OCTETS and len(line.rstrip(b"\r\n")) > MAX_LINE_OCTETS:
            return number, len(line.rstrip(b"\r\n"))
    return None
