"""Files are replaced atomically, with the right owner and mode."""

import os
import stat
from pathlib import Path

import pytest

from stack.system import files
from stack.system.files import Access

MINE = (os.geteuid(), os.getegid())


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request):
    """Each test that takes this is run under three umasks."""
    before = os.umask(request.param)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """Return the permission bits of *path*."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
def test_written_file_has_its_mode(tmp_path):
    """Whatever the operator's umask: daemons read some files, nobody else others."""
    files.write(tmp_path / "open", "a", Access(0o644, *MINE))
    files.write(tmp_path / "key", "b", Access(0o600, *MINE))
    files.make_directory(tmp_path / "dir", Access(0o750, *MINE))

    assert [mode(tmp_path / name) for name in ("open", "key", "dir")] == [
        0o644,
        0o600,
        0o750,
    ]


def test_file_is_replaced_by_rename(tmp_path):
    """Whoever has the old file open reads the old text to its end."""
    path = tmp_path / "a"
    files.write(path, "old", Access(0o644, *MINE))

    with path.open() as reader:
        files.write(path, "new", Access(0o644, *MINE))

        assert (reader.read(), path.read_text()) == ("old", "new")


def test_no_temporary_file_remains(tmp_path):
    """Not by a write, and not by one that was cut off before it."""
    (tmp_path / ".a.new").write_text("half")

    files.write(tmp_path / "a", "text", Access(0o644, *MINE))

    assert files.names(tmp_path) == ["a"]


def test_line_ends_and_characters_are_kept(tmp_path):
    """What is written is byte for byte the text, in UTF-8."""
    files.write(tmp_path / "a", "ü\r\n", Access(0o644, *MINE))

    assert (tmp_path / "a").read_bytes() == b"\xc3\xbc\r\n"
    assert files.read(tmp_path / "a") == "ü\r\n"


def test_failed_write_keeps_the_old_file(tmp_path, monkeypatch):
    """A full disk destroys no file."""
    path = tmp_path / "a"
    files.write(path, "old", Access(0o644, *MINE))

    def no_room(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    with pytest.raises(OSError, match="No space") as refused:
        files.write(path, "new", Access(0o644, *MINE))

    assert path.read_text() == "old"
    assert files.names(tmp_path) == ["a"]
    assert refused.value.filename == str(path)


def test_check_writable_leaves_the_directory_unchanged(tmp_path, monkeypatch):
    """The error names the directory, not the temporary file."""
    files.check_writable(tmp_path)
    assert files.names(tmp_path) == []

    def read_only(*_):
        raise OSError(30, "Read-only file system", ".try-out")

    monkeypatch.setattr(os, "open", read_only)
    with pytest.raises(OSError, match="Read-only") as refused:
        files.check_writable(tmp_path)
    assert refused.value.filename == str(tmp_path)


def test_missing_file_reads_as_none(tmp_path):
    """A missing file or directory is no error: it is yet to be made."""
    assert files.read(tmp_path / "a") is None
    assert files.names(tmp_path / "b") == []
    assert not files.exists(tmp_path / "a" / "b")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look everywhere")
def test_unreadable_directory_is_an_error_not_missing(tmp_path):
    """A key that this user can't see must not be replaced."""
    home = tmp_path / "closed"
    home.mkdir(mode=0o000)

    with pytest.raises(PermissionError):
        files.exists(home / "key.pem")
    with pytest.raises(PermissionError):
        files.names(home)


def test_wrong_mode_is_repaired(tmp_path):
    """A key that others may read is closed again."""
    path = tmp_path / "key"
    path.write_text("secret")
    path.chmod(0o644)
    access = Access(0o600, *MINE)

    assert not files.is_right(path, access)
    files.repair(path, access)

    assert files.is_right(path, access)
    assert mode(path) == 0o600


def test_repair_does_not_follow_links(tmp_path):
    """A link must not change the mode of its target."""
    (tmp_path / "shadow").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "shadow")

    with pytest.raises(OSError, match="symbolic links"):
        files.repair(tmp_path / "link", Access(0o644, *MINE))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_root_sets_the_owner(tmp_path):
    """Run by root, a file belongs to the daemon that reads it."""
    files.write(tmp_path / "key", "a", Access(0o600, 5006, 5006))

    found = (tmp_path / "key").stat()
    assert (found.st_uid, found.st_gid) == (5006, 5006)
