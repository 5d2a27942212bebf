"""Messages of many MiB."""

from .message import letter

MIB = 1 << 20
# A line of base64, as an attachment is full of.
LINE = b"TG9yZW0gaXBzdW0gZG9sb3Igc2l0IGFtZXQsIGNvbnNldGV0dXIgc2FkaXBzY2luZyBlbGl0ci4u\n"


def large_letter(sender: str, to: str, subject: str, size: int) -> bytes:
    """Write a message of at most *size* bytes on the wire, and hardly less."""
    head = letter(sender, to, subject)
    on_the_wire = len(head) + head.count(b"\n")
    return head + LINE * ((size - on_the_wire) // (len(LINE) + 1))
