"""Messages that are made to keep a filter busy."""

import io
import zipfile
from email.message import EmailMessage

PARTS = 10_000
MEGABYTES = 20


def nested(message: EmailMessage) -> bytes:
    """*message* with ten thousand multiparts, one in the other."""
    head = message.as_bytes().partition(b"\n\n")[0] + b"\nMIME-Version: 1.0\n"
    parts = (
        b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (number, number)
        for number in range(PARTS)
    )
    return head + b"".join(parts) + b"Content-Type: text/plain\n\nHello\n"


def beside_each_other(message: EmailMessage) -> bytes:
    """*message* with ten thousand parts, one after the other."""
    head = message.as_bytes().partition(b"\n\n")[0]
    part = b"--b\nContent-Type: text/plain\n\nHello\n"
    return (
        head
        + b'\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="b"\n\n'
        + part * PARTS
        + b"--b--\n"
    )


def html(message: EmailMessage) -> bytes:
    """*message* with 20 MB of HTML that opens tags and closes none."""
    row = "<table><tr><td><a href='http://a.outside.test/'><font size=1>A word</font>"
    message.set_content("\n".join([row] * (MEGABYTES * 1_000_000 // len(row))), "html")
    return message.as_bytes()


def texts(message: EmailMessage) -> bytes:
    """*message* with as many long texts as are scanned."""
    message.set_content("Ten of them:\n")
    line = "send your full name, address and phone number to the bank of the money\n"
    for _ in range(10):
        message.add_attachment(line * 700, filename="a.txt")
    return message.as_bytes()


def zipped(message: EmailMessage) -> bytes:
    """*message* with a zip file of a few kB that holds ten GB."""
    inner = _zip({"zeros": bytes(100_000_000)})
    message.set_content("See the file.\n")
    archive = _zip({f"{number}.zip": inner for number in range(100)})
    message.add_attachment(archive, "application", "zip", filename="a.zip")
    return message.as_bytes()


def _zip(files: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files.items():
            target.writestr(name, content)
    return archive.getvalue()
