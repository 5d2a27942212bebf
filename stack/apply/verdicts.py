"""
The verdict of each service on the configuration that was rendered for it.

A container tries a new configuration by itself: its daemon checks it, reads it, and is
watched for a while. What came of it is in the volume `verdicts`: a file by service
with the digest of the SHA256SUMS that it is about, `accepted` or `refused`, and the
daemon's words below. The container holds a lock beside it for as long as it looks for
changes, so that nobody waits for a service that is down.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from stack.apply.render import SUMS
from stack.system import endpoints, files
from stack.system.project import Project

# Where a container of this project has the volume.
FOLDER = Path("/run/verdicts")

# Seconds for a verdict: the spam filter reads thousands of rules, twice if they are
# wrong. And for a service to come back that has ended meanwhile, as Docker restarts it.
TIMEOUT = 240.0
RESTART_TIMEOUT = 30.0
PAUSE = 0.1


class Verdict(NamedTuple):
    """The last verdict of a service."""

    digest: str
    """The SHA-256 of the SHA256SUMS that it is about; empty if it sees none."""
    refused: bool
    words: str
    """The daemon's, if it is refused."""

    @property
    def sees_stale_mount(self) -> bool:
        """Whether the container sees another folder than the one that is written to."""
        return not self.digest

    def is_about(self, digest: str) -> bool:
        """Whether nothing else is going to be said about what has this *digest*."""
        return self.sees_stale_mount or self.digest == digest


class View(NamedTuple):
    """The state of a service: whether it watches for changes, and its last verdict."""

    watches: bool
    """Whether it is up, and looks for changes."""
    verdict: Verdict | None


ReadView = Callable[[str], View]


def digests(project: Project) -> dict[str, str]:
    """Return the digest of what is rendered for each service."""
    found = {}
    for service in files.names(project.etc):
        text = files.read(project.etc / service / SUMS)
        if text is not None:
            found[service] = sha256(text.encode()).hexdigest()
    return found


def view_reader(project: Project) -> ReadView | None:
    """Return how to read the state of a service from here; None if that can't be."""
    if endpoints.is_inside():
        return from_volume if FOLDER.is_dir() else None
    running = endpoints.containers(project.root)
    return None if running is None else _from_containers(running)


def wait(
    look: ReadView, wanted: Mapping[str, str], timeout: float = TIMEOUT
) -> dict[str, Verdict]:
    """
    Wait for the verdict of each service that is up on the configuration *wanted*.

    Args:
        look: Tells what there is to see of a service.
        wanted: The digest of what is rendered for each service that is asked.
        timeout: Seconds.

    Returns:
        What each of them said, or that it said nothing; those that are down left out.
    """
    deadline = time.monotonic() + timeout
    seen = {service: time.monotonic() for service in wanted if look(service).watches}
    said: dict[str, Verdict] = {}
    while seen:
        for service in list(seen):
            view, now = look(service), time.monotonic()
            if view.watches:
                seen[service] = now
            if view.watches and view.verdict and view.verdict.is_about(wanted[service]):
                said[service] = view.verdict
            elif now > min(deadline, seen[service] + RESTART_TIMEOUT):
                said[service] = Verdict(wanted[service], True, _silence(view.watches))
            else:
                continue
            del seen[service]
        if seen:
            time.sleep(PAUSE)
    return said


def refusals(look: ReadView, services: Iterable[str]) -> dict[str, str]:
    """Return the reasons of those *services* that refuse the rendered configuration."""
    views = {service: look(service) for service in services}
    return {
        service: view.verdict.words
        for service, view in views.items()
        if view.watches and view.verdict and view.verdict.refused
    }


def from_volume(service: str) -> View:
    """Read the state of *service* from a container that has the volume."""
    return View(_is_locked(FOLDER / f"{service}.lock"), parse(_read(FOLDER / service)))


def parse(text: str) -> Verdict | None:
    """Parse the verdict file of a service."""
    first, _, words = text.partition("\n")
    digest, _, outcome = first.partition(" ")
    if outcome not in ("accepted", "refused"):
        return None
    return Verdict(digest, outcome == "refused", words.strip())


def _silence(watches: bool) -> str:
    if watches:
        return "it has not said yet whether it takes its new configuration"
    return "it has ended while it tried its new configuration"


def _from_containers(running: list[Any]) -> ReadView:
    """
    Read the state of each service in its container.

    See images/runtime/configuration/verdict.
    """
    from docker.errors import DockerException

    by_name = {each.labels[endpoints.SERVICE]: each for each in running}

    def look(service: str) -> View:
        try:
            code, said = endpoints.execute(by_name[service], ["verdict"])
        except (KeyError, DockerException, TimeoutError):
            return View(watches=False, verdict=None)
        first, _, rest = said.decode(errors="replace").partition("\n")
        return View(code == 0 and first == "watches", parse(rest))

    return look


def _read(path: Path) -> str:
    # Other containers write there, too, so no link is followed.
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ""
    with os.fdopen(handle, errors="replace") as file:
        return file.read(10_000)


def _is_locked(path: Path) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False
