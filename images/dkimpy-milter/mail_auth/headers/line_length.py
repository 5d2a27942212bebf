"""Line lengths: Postfix folds what is too long after the signature, and breaks it."""

import io

# Octets without CRLF (RFC 5322, section 2.1.1).
LONGEST = 998


def too_long(text: bytes) -> tuple[int, int] | None:
    """Return number (from 1) and length in octets of the first line over 998 octets."""
    for number, line in enumerate(io.BytesIO(text), 1):
        if len(line) > LONGEST and len(line.rstrip(b"\r\n")) > LONGEST:
            return number, len(line.rstrip(b"\r\n"))
    return None
