"""
Unpacks an attachment in memory, up to a size.

What it is, is seen by its first octets: senders mislabel. Names in an archive are not
read, and nothing is written to a file.
"""

import zipfile
import zlib
from io import BytesIO

from report_receiver.parsing.report import RefusedError

# Octets, unpacked.
LARGEST = 20 * 1024 * 1024

_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_TOO_LARGE = f"over {LARGEST} octets when unpacked"


def unpack(data: bytes) -> bytes:
    """
    Return what is in *data*, a gzip or zip file; else *data* itself.

    Raises:
        RefusedError: It is broken, too large when unpacked, has several files in it or
            an archive, or is encrypted.
    """
    if data.startswith(_GZIP):
        found = _gunzip(data)
    elif data.startswith(_ZIP):
        found = _unzip(data)
    else:
        return data
    if found.startswith((_GZIP, _ZIP)):
        raise RefusedError("an archive in an archive")
    return found


def _gunzip(data: bytes) -> bytes:
    stream = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        found = stream.decompress(data, LARGEST + 1)
    except zlib.error:
        raise RefusedError("a broken gzip file") from None
    if len(found) > LARGEST:
        raise RefusedError(_TOO_LARGE)
    if not stream.eof:
        raise RefusedError("a gzip file that is cut off")
    return found


def _unzip(data: bytes) -> bytes:
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            files = [each for each in archive.infolist() if not each.is_dir()]
            if len(files) != 1:
                raise RefusedError(f"a zip file with {len(files)} files in it, not one")
            if files[0].compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise RefusedError("a zip file of an unusual compression")
            with archive.open(files[0]) as file:
                found = file.read(LARGEST + 1)
                # What it says of its own size may be a lie, and its checksum is looked
                # at when the end has been read.
                more = file.read(1)
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError):
        raise RefusedError("a broken zip file") from None
    except (RuntimeError, NotImplementedError):
        raise RefusedError("an encrypted or unusual zip file") from None
    if more or len(found) > LARGEST:
        raise RefusedError(_TOO_LARGE)
    return found
