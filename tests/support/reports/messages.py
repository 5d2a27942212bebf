"""Attachments that hold reports or claim to, and messages with them."""

import io
import zipfile
import zlib
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

_MEBIBYTE = bytes(1 << 20)


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
    """
    Return a gzip file of *size* zeros, whole mebibytes, from one piece of it.

    Each piece begins anew (Z_FULL_FLUSH), so it may be repeated (RFC 1951 and 1952).
    """
    stream = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
    piece = stream.compress(_MEBIBYTE) + stream.flush(zlib.Z_FULL_FLUSH)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"
    checksum = 0
    for _ in range(size >> 20):
        checksum = zlib.crc32(_MEBIBYTE, checksum)
    tail = checksum.to_bytes(4, "little") + (size % (1 << 32)).to_bytes(4, "little")
    return head + piece * (size >> 20) + b"\x03\x00" + tail
