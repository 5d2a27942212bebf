"""The spool of training requests: on disk until spamd has learnt them."""

import contextlib
import itertools
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from milter_runtime.durable import write

FOLDER = Path("/var/lib/bayes/learn")
MAX_FILES = 10_000
MAX_BYTES = 1 << 30


class FullError(Exception):
    """The spool has no room for another request."""


@dataclass(frozen=True)
class Backlog:
    """How much waits in the spool."""

    messages: int
    bytes: int


class Spool:
    """
    Files in *folder*, each written whole or not at all, in the order of arrival.

    Their names are the time of arrival, so that the order survives a restart. There is
    no other state: a folder that was full or missing works again once it is repaired.
    """

    def __init__(
        self, folder: Path, files: int = MAX_FILES, size: int = MAX_BYTES
    ) -> None:
        self.folder, self.files, self.size = folder, files, size
        self.filled = threading.Event()
        """Set whenever a request was added."""
        self.lock = threading.RLock()
        self.numbers = itertools.count()
        self.sizes: dict[str, int] = {}
        """Sizes of the waiting files, by name: too many to look again for each put."""

    def prepare(self) -> None:
        """
        Make the folder, and remove what a kill left half written.

        No client has a reply for that. Call this before anything is put.

        Raises:
            OSError: The disk can't be written.
        """
        self.folder.mkdir(mode=0o700, exist_ok=True)
        for left in self.folder.glob(".*"):
            left.unlink()
        self.waiting()

    def waiting(self) -> list[Path]:
        """Read the folder, and return the waiting files, the oldest first."""
        with self.lock:
            found = self.folder.iterdir() if self.folder.is_dir() else ()
            known, self.sizes = self.sizes, {}
            for path in sorted(p for p in found if not p.name.startswith(".")):
                with contextlib.suppress(FileNotFoundError):
                    size = known.get(path.name)
                    self.sizes[path.name] = size or path.stat().st_size
            return [self.folder / name for name in self.sizes]

    def backlog(self) -> Backlog:
        """Tell how much waits."""
        with self.lock:
            return Backlog(len(self.sizes), sum(self.sizes.values()))

    def put(self, data: bytes, part: float = 1) -> None:
        """
        Keep *data*. After this returns, it survives a kill and a power cut.

        Raises:
            FullError: The spool holds its maximum, or that *part* of it.
            OSError: It can't be written.
        """
        with self.lock:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            now = self.backlog()
            files, size = part * self.files, part * self.size
            if now.messages >= files or now.bytes + len(data) > size:
                raise FullError(f"{now.messages} messages wait to be learnt already")
            name = f"{time.time_ns():020}-{next(self.numbers)}"
            write(self.folder / name, data, mode=0o600)
            self.sizes[name] = len(data)
        self.filled.set()

    def remove(self, path: Path) -> None:
        """Remove the file *path*."""
        with self.lock:
            path.unlink(missing_ok=True)
            self.sizes.pop(path.name, None)
