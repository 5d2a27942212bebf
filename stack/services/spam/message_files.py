"""Reads messages from files: single messages, mbox files and Maildirs."""

import mailbox
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import NamedTemporaryFile

from stack.system.errors import StackError

STDIN = Path("-")


def read(paths: Iterable[Path]) -> Iterator[bytes]:
    """
    Yield each message in *paths*, of which one may be STDIN.

    Raises:
        StackError: When a folder is no Maildir, or a file is empty.
    """
    for path in paths:
        if path == STDIN:
            yield from _stdin()
        elif path.is_dir():
            yield from _maildir(path)
        else:
            yield from _file(path)


def _stdin() -> Iterator[bytes]:
    # Copied to a file first: the format is recognised by the first bytes.
    with NamedTemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.flush()
        yield from _file(Path(copy.name), "stdin")


def _maildir(path: Path) -> Iterator[bytes]:
    if not (path / "cur").is_dir():
        raise StackError(
            f"{path}: a folder, but no Maildir, as it has no cur/: name a Maildir or"
            " a file"
        )
    box = mailbox.Maildir(path, create=False)
    for key in box.iterkeys():
        yield box.get_bytes(key)


def _file(path: Path, name: str = "") -> Iterator[bytes]:
    with path.open("rb") as file:
        start = file.read(5)
    if not start:
        raise StackError(f"{name or path}: is empty: give it a message")
    if start == b"From ":
        with closing(mailbox.mbox(path, create=False)) as box:
            for key in box.iterkeys():
                yield box.get_bytes(key)
    else:
        yield path.read_bytes()
