"""What is to be learnt, on disk until it has been."""

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
    """There is no room for one more."""


@dataclass(frozen=True)
class Backlog:
    """How much waits."""

    messages: int
    bytes: int


class Spool:
    """
    Files in *folder*, each put there whole or not at all, in the order they came.

    Their names are the time of their arrival, so that the order outlives us. The
    folder is all there is to know: it may be full, or not there, and then be mended.
    """

    def __init__(
        self, folder: Path, files: int = MAX_FILES, size: int = MAX_BYTES
    ) -> None:
        self.folder, self.files, self.size = folder, files, size
        self.filled = threading.Event()
        """Set whenever something was put in."""
        self.lock = threading.RLock()
        self.numbers = itertools.count()
        self.sizes: dict[str, int] = {}
        """Of what waits, by the names of the files. There may be too many to look anew
        for each that comes."""

    def prepare(self) -> None:
        """
        Make the folder, and remove what was being written when we were killed.

        Nobody was promised that. Not for when others write.

        Raises:
            OSError: When the disk doesn't let us.
        """
        self.folder.mkdir(mode=0o700, exist_ok=True)
        for left in self.folder.glob(".*"):
            left.unlink()
        self.waiting()

    def waiting(self) -> list[Path]:
        """Look what is there, and return it, the oldest first."""
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
        Keep *data*. When this returns, it outlives a kill and the end of power.

        Raises:
            FullError: When as much waits already as may, or that *part* of it.
            OSError: When it can't be written.
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
