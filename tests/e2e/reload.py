"""Changes that Postfix has taken, in each process that serves a client."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from .configuration import settings
from .project import Project
from .wait import wait_until

SERVING = "cd /proc; grep -lsE '^(smtpd|postscreen)' [0-9]*/comm; true"

# Seconds. The new configuration is checked first: that takes its time if all is busy.
WITHIN = 90


@contextmanager
def in_use(project: Project, change: AbstractContextManager[None]) -> Iterator[None]:
    """Have a *change* rendered and in use by Postfix, and afterwards no more."""
    with ExitStack() as stack:
        with _reloaded(project):
            stack.enter_context(change)
        yield
        with _reloaded(project):
            stack.close()


@contextmanager
def with_settings(project: Project, **wanted: str) -> Iterator[None]:
    """Have other lines in .env for a while, and rendered."""
    try:
        with settings(project, **wanted):
            project.stack("init", "--yes")
            yield
    finally:
        project.stack("init", "--yes")


@contextmanager
def _reloaded(project: Project) -> Iterator[None]:
    """Wait until Postfix has reloaded, and each process from before has ended."""
    begin, before = time.time(), _serving(project)
    yield
    wait_until(lambda: _has_reloaded(project, begin), "a reload of Postfix", WITHIN)
    ended = "the end of the old processes"
    wait_until(lambda: not before & _serving(project), ended, WITHIN)


def _has_reloaded(project: Project, begin: float) -> bool:
    lines = project.lines(["postfix"], since=begin)
    return any("reload -- version" in line.text for line in lines)


def _serving(project: Project) -> set[str]:
    return set(project.inside("postfix", "sh", "-c", SERVING).decode().split())
