"""Writes files atomically: a reader sees the old text or the new, never a part."""

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple


class Access(NamedTuple):
    """Permissions of a file: *mode* as for chmod, numeric *uid* and *gid*."""

    mode: int
    uid: int
    gid: int


def exists(path: Path) -> bool:
    """
    Say whether there is anything at *path*.

    Raises:
        PermissionError: When the directory can't be read. Path.exists() returns False
            then in newer Pythons, and an existing key would count as missing.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def read(path: Path) -> str | None:
    """Return the text of *path*; None if there is no such file."""
    try:
        return path.read_bytes().decode(errors="surrogateescape")
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


def names(directory: Path) -> list[str]:
    """Return the names in *directory*, sorted; empty if it doesn't exist."""
    try:
        return sorted(os.listdir(directory))  # noqa: PTH208 - a bare list of names
    except FileNotFoundError:
        return []


def write(path: Path, text: str, access: Access) -> None:
    """
    Replace *path* by *text*: write a temporary file, fsync it, rename it.

    Raises:
        OSError: With *path* as its file name, not that of the temporary file.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        _write_beside(beside, text, access)
        beside.replace(path)
        sync(path.parent)
    except OSError as error:
        # On a full disk, the temporary file takes room that others need.
        with suppress(OSError):
            beside.unlink()
        raise OSError(error.errno, error.strerror, str(path)) from None


def check_writable(directory: Path) -> None:
    """
    Check that *directory* is writable, by writing a file and removing it.

    Raises:
        OSError: With *directory* as its file name.
    """
    probe = directory / ".try-out"
    try:
        write(probe, "x" * 4096, Access(0o600, os.geteuid(), os.getegid()))
        remove(probe)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(directory)) from None


def _write_beside(beside: Path, text: str, access: Access) -> None:
    beside.unlink(missing_ok=True)
    # It may be a key, so only the owner may read it, from the first byte on.
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        _give(file.fileno(), access)
        os.fsync(file.fileno())


def make_directory(path: Path, access: Access) -> None:
    """Create the directory *path* with *access*, whatever the umask is."""
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
    """Fsync *directory*, so that added and removed names survive a crash."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def is_right(path: Path, access: Access) -> bool:
    """
    Say whether *path* has *access*, as far as this user could change it.

    Only root can change owners. For other users, only the modes of their own files
    count.
    """
    found = path.lstat()
    mode = stat.S_IMODE(found.st_mode)
    if os.geteuid() == 0:
        return (mode, found.st_uid, found.st_gid) == access
    return mode == access.mode or found.st_uid != os.geteuid()


def repair(path: Path, access: Access) -> None:
    """Set *access* on *path*, which must not be a symbolic link."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        _give(handle, access)
    finally:
        os.close(handle)


def _give(handle: int, access: Access) -> None:
    # The owner first, as changing it may clear mode bits.
    if os.geteuid() == 0:
        os.fchown(handle, access.uid, access.gid)
    os.fchmod(handle, access.mode)
