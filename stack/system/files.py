"""Writes files so that a reader sees the old text or the new, never half of it."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Access(NamedTuple):
    """Who may do what with a file: *mode* as for chmod, *uid* and *gid* numbers."""

    mode: int
    uid: int
    gid: int


def exists(path: Path) -> bool:
    """
    Say whether there is anything at *path*.

    Raises:
        PermissionError: When we may not look. Path.exists() calls that False in
            newer Pythons, and a key we can't see would be taken for missing.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def read(path: Path) -> str | None:
    """Return the text of *path*, nothing if there is no such file."""
    try:
        return path.read_bytes().decode(errors="surrogateescape")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


def names(directory: Path) -> list[str]:
    """Return what lies in *directory*, sorted; nothing if it doesn't exist."""
    try:
        return sorted(os.listdir(directory))  # noqa: PTH208 - a bare list of names
    except FileNotFoundError:
        return []


def write(path: Path, text: str, access: Access) -> None:
    """
    Put *text* at *path*: written beside it, made durable, then renamed.

    Raises:
        OSError: When that can't be done, with *path*, whatever the system names.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        _write_beside(beside, text, access)
        beside.replace(path)
        sync(path.parent)
    except OSError as error:
        # A part of it takes room that others need.
        with suppress(OSError):
            beside.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from None


def check_writable(directory: Path) -> None:
    """
    Write a file into *directory* and remove it.

    Raises:
        OSError: When that can't be done, with *directory*.
    """
    probe = directory / ".try-out"
    try:
        write(probe, "x" * 4096, Access(0o600, os.geteuid(), os.getegid()))
        remove(probe)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(directory)) from None


def _write_beside(beside: Path, text: str, access: Access) -> None:
    beside.unlink(missing_ok=True)
    # Closed to others from the first byte on: it may be a key.
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        _give(file.fileno(), access)
        os.fsync(file.fileno())


def make_directory(path: Path, access: Access) -> None:
    """Make the directory *path*, with *access* whatever the umask is."""
    path.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _give(handle, access)
    finally:
        os.close(handle)
    sync(path.parent)


def remove(path: Path) -> None:
    """Remove the file or the empty directory *path*."""
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink()
    sync(path.parent)


def sync(directory: Path) -> None:
    """Make names that were added to or taken from *directory* durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_right(path: Path, access: Access) -> bool:
    """
    Say whether *path* has *access*, as far as we could change it.

    Only root gives files away; another user is only asked about files of its own.
    """
    found = path.lstat()
    mode = stat.S_IMODE(found.st_mode)
    if os.geteuid() == 0:
        return (mode, found.st_uid, found.st_gid) == access
    return mode == access.mode or found.st_uid != os.geteuid()


def repair(path: Path, access: Access) -> None:
    """Give *path*, which is not a symbolic link, *access*."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        _give(handle, access)
    finally:
        os.close(handle)


def _give(handle: int, access: Access) -> None:
    # The owner first: changing it may clear mode bits.
    if os.geteuid() == 0:
        os.fchown(handle, access.uid, access.gid)
    os.fchmod(handle, access.mode)
