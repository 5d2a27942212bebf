"""Files that are written whole or not at all, whatever ends program or power."""

import os
from pathlib import Path


def write(path: Path, data: bytes, mode: int = 0o644) -> None:
    """
    Put *data* at *path*: written beside it, made durable, then renamed.

    Beside it is a hidden file, which only a kill leaves behind.

    Args:
        path: The file, which may be there already.
        data: All that it is to hold.
        mode: Its permissions, if there was nothing left beside it.

    Raises:
        OSError: It can't be written; what was there before is there still.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
        with os.fdopen(os.open(beside, flags, mode), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    sync(path.parent)


def sync_all(folder: Path) -> None:
    """Wait until all that is in *folder*, and the folder itself, is on disk."""
    for path in (*folder.rglob("*"), folder):
        sync(path)


def sync(path: Path) -> None:
    """Wait until the file or folder *path* is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
