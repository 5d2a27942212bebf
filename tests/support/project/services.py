"""Services of a project that are up, and say what they think of its configuration."""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stack.apply import verdicts
from stack.system.project import Project


class Container(threading.Thread):
    """Does as watch-config of *service* does: takes what is new, or refuses it."""

    def __init__(
        self, project: Project, folder: Path, service: str, words: str
    ) -> None:
        """Begin to watch; with *words*, to refuse all that comes."""
        super().__init__(daemon=True)
        self.project, self.folder, self.service = project, folder, service
        self.words, self.ended = words, threading.Event()
        self.lock = (folder / f"{service}.lock").open("w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)

    def run(self) -> None:
        """Give one verdict after the other, as fast as there is something new."""
        while not self.ended.is_set():
            digest = verdicts.digests(self.project).get(self.service)
            outcome = f"refused\n{self.words}" if self.words else "accepted\n"
            beside = self.folder / f".{self.service}.new"
            beside.write_text(f"{digest} {outcome}")
            beside.replace(self.folder / self.service)


@contextmanager
def services(
    project: Project, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., None]]:
    """Yield what has a service of *project* be up, and say *words* against all."""
    folder.mkdir()
    monkeypatch.setattr(verdicts, "FOLDER", folder)
    monkeypatch.setattr("stack.system.endpoints.is_inside", lambda: True)
    started = []

    def start(service: str, words: str = "") -> None:
        started.append(Container(project, folder, service, words))
        started[-1].start()

    yield start
    for each in started:
        each.ended.set()
        each.join()
        each.lock.close()
