"""Attachments that hold reports or claim to, and messages with them."""

import io
import zipfile
import zlib
from email.message import EmailMessage
from email.utils import formatdate, make_msgid


def attached(
    data: bytes,
    label: str,
    to: str,
    name: str = "outside.test!example.test!1!2.xml",
    sender: str = "noreply@outside.test",
) -> bytes:
    """Return a message of *sender* with *data* attached, *label*led as a type."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = "Report Domain: example.test Submitter: outside.test"
    message["Date"] = formatdate(localtime=True)
    message["Message-ID"] = make_msgid(domain="outside.test")
    message.set_content("This is a report.\n")
    maintype, _, subtype = label.partition("/")
    message.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)
    return message.as_bytes()


def zipped(*files: tuple[str, bytes]) -> bytes:
    """Return a zip file with *files*, each a name and what is in it."""
    octets = io.BytesIO()
    with zipfile.ZipFile(octets, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return octets.getvalue()


def gzip_of_zeros(size: int) -> bytes:
    """Return a gzip file of *size* zeros, made without having them at once."""
    stream = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    piece = bytes(1 << 20)
    made = [stream.compress(piece) for _ in range(size >> 20)]
    return b"".join([*made, stream.flush()])
