"""A message that a Sieve script sends, in a file beside the inbox of its user."""

import os
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

# The headers that Pigeonhole puts on top: its name and version, which is removed, and
# on forwarded mail the user, against loops. Both come before any text of a script or a
# stranger (cmd-redirect.c, cmd-vacation.c).
_PROGRAM = b"X-Sieve: "
_FORWARDED = b"X-Sieve-Redirected-From: "

# The first Received header is Dovecot's, the second our Postfix's: "with UTF8" there
# says that the message needs SMTPUTF8 (RFC 6531, section 4.3). It names the client that
# the message came from, unless that was a program of a user or a script
# (smtpd_hide_client_session in postconf(5)).
_OURS = 2
_TOP = 65536  # octets in which they are looked for
_RECEIVED = re.compile(rb"^Received:(.*\n(?:[ \t].*\n)*)", re.MULTILINE | re.IGNORECASE)
_UTF8 = re.compile(rb"\bwith\s+UTF8")
_FROM = re.compile(rb"\s*from\s")

# In /proc/PID/stat, after the name: see proc_pid_stat(5), and PF_EXITING in the kernel.
_FLAGS = 6
_EXITING = 0x4


class Message:
    """
    The file of one message, which is removed after `with`, unless it was kept.

    Attributes:
        forwarded: Whether the script forwards it; otherwise the script wrote it.
        eight_bit: Whether it holds anything but ASCII.
        utf8: Whether it arrived with SMTPUTF8, and so leaves with it.
        submitted: Whether a user of this server has sent it, as far as is certain.
    """

    def __init__(self, maildir: Path, source: BinaryIO) -> None:
        """
        Write *source* into the file, with a plain LF at the end of each line.

        Raises:
            OSError: *maildir* can't be written to, or *source* was cut off.
        """
        writer = os.getppid()
        self._maildir = maildir
        for name in ("tmp", "new", "cur"):
            (maildir / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        self._name = f"{time.time_ns()}.P{os.getpid()}.{socket.gethostname()}"
        self._path = maildir / "tmp" / self._name
        self.forwarded = self.eight_bit = self.utf8 = self.submitted = False
        self._head = b""
        try:
            with self._path.open("xb") as file:
                self._take(source, file)
            _check_alive(writer)
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        received = _RECEIVED.findall(self._head)[:_OURS]
        self.utf8 = any(map(_UTF8.search, received))
        self.submitted = self._is_submitted(received)

    def __enter__(self) -> Self:
        """Return the message, whose file is there until the block ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)

    def lines(self) -> Iterator[bytes]:
        """Read the message, a line at a time, without line ends."""
        with self._path.open("rb") as file:
            for line in file:
                yield line.removesuffix(b"\n")

    def keep(self, why: str) -> None:
        """
        Put the message into the inbox, with a header on top that says *why*.

        As maildir(5) demands: written and flushed before it is renamed into `new`.

        Raises:
            OSError: The mailbox can't be written to.
        """
        kept = self._path.with_name(f"{self._name}.kept")
        try:
            with kept.open("xb") as file:
                file.write(b"X-Sieve-Not-Forwarded: " + _plain(why) + b"\n")
                file.writelines(line + b"\n" for line in self.lines())
                file.flush()
                os.fsync(file.fileno())
            kept.rename(self._maildir / "new" / self._name)
        except OSError:
            kept.unlink(missing_ok=True)
            raise
        _sync(self._maildir / "new")

    def _is_submitted(self, received: list[bytes]) -> bool:
        if len(received) < _OURS or _FROM.match(received[-1]):
            return False
        # The script of another user may have forwarded it, from elsewhere.
        return self._head.count(b"\n" + _FORWARDED) == 0

    def _take(self, source: BinaryIO, file: BinaryIO) -> None:
        in_head = True
        above = b""
        for number, line in enumerate(source):
            line = line.removesuffix(b"\n").removesuffix(b"\r") + b"\n"
            if number == 0 and line.startswith(_PROGRAM):
                above = line
                continue
            self.forwarded |= bool(above) and line.startswith(_FORWARDED)
            above = b""
            self.eight_bit |= not line.isascii()
            in_head = in_head and line != b"\n" and len(self._head) < _TOP
            if in_head:
                self._head += line
            file.write(line)


def _check_alive(writer: int) -> None:
    """
    Raise ConnectionError if the process *writer* is exiting: the message may be cut.

    The kernel sets the flag before it closes the files of a process (do_exit).
    """
    status = Path(f"/proc/{writer}/stat").read_text()
    flags = int(status.rpartition(")")[2].split()[_FLAGS])
    if flags & _EXITING:
        raise ConnectionError("Dovecot ended before the message did")


def _plain(words: str) -> bytes:
    return re.sub(r"[^ -~]", "?", words).encode()


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
