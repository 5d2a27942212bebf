"""Messages are read from files, mbox files, Maildirs and stdin."""

import mailbox

import pytest

from stack.services.spam import message_files
from stack.system.errors import StackError

ONE, TWO = (f"Subject: {n}\n\nFrom here on.\n".encode() for n in (1, 2))


def test_a_file_is_a_message(tmp_path):
    """Byte by byte."""
    path = tmp_path / "one.eml"
    path.write_bytes(ONE + b"\xff\r\n")

    assert list(message_files.read([path, path])) == [ONE + b"\xff\r\n"] * 2


@pytest.mark.parametrize("form", [mailbox.mbox, mailbox.Maildir])
def test_mbox_and_maildir_yield_all_messages(tmp_path, form):
    """An mbox is recognised by its first line, a Maildir by its folders."""
    box = form(tmp_path / "box")
    for each in (ONE, TWO):
        box.add(mailbox.Message(each))
    box.close()

    found = list(message_files.read([tmp_path / "box"]))

    assert sorted(each.partition(b"\n")[0] for each in found) == [
        b"Subject: 1",
        b"Subject: 2",
    ]


def test_source_without_message_is_refused(tmp_path):
    """By its name."""
    (tmp_path / "empty").touch()

    with pytest.raises(StackError, match="empty: is empty"):
        list(message_files.read([tmp_path / "empty"]))
    with pytest.raises(StackError, match=f"{tmp_path}: a folder, but no Maildir"):
        list(message_files.read([tmp_path]))
