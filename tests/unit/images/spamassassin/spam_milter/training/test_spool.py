"""What is to be learnt waits on disk: whole, in order, bounded, and private."""

from pathlib import Path

import pytest
from spam_milter.training.spool import Backlog, FullError, Spool


@pytest.fixture
def waiting(tmp_path) -> Spool:
    """A spool for three files and a hundred bytes."""
    found = Spool(tmp_path / "learn", files=3, size=100)
    found.prepare()
    return found


def texts(waiting: Spool) -> list[bytes]:
    """Return what is in the spool, in its order."""
    return [path.read_bytes() for path in waiting.waiting()]


def test_requests_are_listed_oldest_first(waiting):
    """Moved in and out again, a message is what it was last said to be."""
    for data in (b"spam", b"ham", b"spam again"):
        waiting.put(data)

    assert texts(waiting) == [b"spam", b"ham", b"spam again"]


def test_order_survives_a_restart(waiting):
    """After a restart the old ones come before the new ones."""
    waiting.put(b"before")
    again = Spool(waiting.folder)
    again.prepare()
    again.put(b"after")

    assert texts(again) == [b"before", b"after"]


def test_order_does_not_depend_on_the_directory(tmp_path):
    """A file system lists a folder as it likes."""
    waiting = Spool(tmp_path / "learn")
    wanted = [str(number).encode() for number in range(50)]

    for data in wanted:
        waiting.put(data)

    assert texts(waiting) == wanted


def test_request_is_flushed_before_put_returns(waiting, monkeypatch):
    """The file first, under a name that doesn't count; then its name, in the folder."""
    synced, seen = [], []

    def fsync(handle: int) -> None:
        synced.append(Path(f"/proc/self/fd/{handle}").readlink())
        seen.append(texts(waiting))

    monkeypatch.setattr("os.fsync", fsync)
    waiting.put(b"x")

    assert [path.name[0] for path in synced] == [".", waiting.folder.name[0]]
    assert synced[1] == waiting.folder
    assert seen == [[], [b"x"]]


def test_spooled_request_is_private(waiting):
    """It is somebody's mail."""
    waiting.put(b"private")
    (path,) = waiting.waiting()

    assert path.stat().st_mode & 0o777 == 0o600
    assert waiting.folder.stat().st_mode & 0o777 == 0o700


def test_file_beyond_the_count_limit_is_refused(waiting):
    """Who moves ten thousand messages must not fill the disk, nor our memory."""
    for _ in range(3):
        waiting.put(b"x")

    with pytest.raises(FullError, match="3 messages wait"):
        waiting.put(b"x")
    waiting.remove(waiting.waiting()[0])
    waiting.put(b"x")

    assert waiting.backlog() == Backlog(3, 3)


def test_byte_beyond_the_size_limit_is_refused(waiting):
    """Large messages count by their size."""
    waiting.put(b"x" * 60)

    with pytest.raises(FullError, match="1 messages wait"):
        waiting.put(b"x" * 41)
    waiting.put(b"x" * 40)

    assert waiting.backlog() == Backlog(2, 100)


def test_part_limit_leaves_room_for_urgent_requests(waiting):
    """A mailbox that is learnt whole doesn't keep a user's move from being learnt."""
    waiting.put(b"x", part=0.5)
    waiting.put(b"x", part=0.5)

    with pytest.raises(FullError, match="2 messages wait"):
        waiting.put(b"x", part=0.5)
    waiting.put(b"x" * 98)

    assert waiting.backlog() == Backlog(3, 100)


def test_backlog_is_counted_after_a_restart(waiting):
    """What was there before takes room, too."""
    waiting.put(b"x" * 60)
    again = Spool(waiting.folder, files=3, size=100)
    again.prepare()

    assert again.backlog() == Backlog(1, 60)
    with pytest.raises(FullError, match="1 messages wait"):
        again.put(b"x" * 41)


def test_put_does_not_rescan_the_folder(waiting):
    """There may be thousands: they are counted when they are gone through anyway."""
    (waiting.folder / "0").write_bytes(b"by hand")
    waiting.put(b"x")
    assert waiting.backlog() == Backlog(1, 1)

    waiting.waiting()

    assert waiting.backlog() == Backlog(2, 8)


def test_a_full_disk_leaves_nothing_behind(waiting, monkeypatch):
    """What could not be written whole isn't there, and who gave it is told."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)

    with pytest.raises(OSError, match="No space"):
        waiting.put(b"x")

    assert list(waiting.folder.iterdir()) == []


def test_half_written_request_is_removed_at_start(waiting):
    """It was promised to nobody, and is not taken for a message."""
    (waiting.folder / ".00000000000000000001-0").write_bytes(b"TELL SPA")

    assert waiting.waiting() == []
    waiting.prepare()

    assert list(waiting.folder.iterdir()) == []


def test_missing_folder_is_empty(tmp_path):
    """The volume may have been full when it was to be made: it is made later."""
    absent = Spool(tmp_path / "learn")

    assert absent.waiting() == []
    absent.put(b"x")
    assert texts(absent) == [b"x"]
