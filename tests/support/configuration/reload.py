"""Waits until each Postfix process uses the new configuration."""

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from tests.support.configuration.templates import settings
from tests.support.server.project import CommandError, Project
from tests.support.wait import wait_until

# Seconds. The new configuration is checked first: that takes its time if all is busy.
WITHIN = 90

# Seconds. A process that is busy at a reload ends with its client, and Postfix gives a
# silent one five minutes (smtpd_timeout in main.cf).
LAST_CLIENT_WITHIN = 330

# When the configuration in use was put there, the time now, and for how long the
# machine has run, all in seconds; then a line for each process: proc_pid_stat(5).
STATE = """
stat -c %.Y /live/current
date +%s.%N
cut -d ' ' -f 1 /proc/uptime
cat /proc/[0-9]*/stat 2>&-
true
"""

# The name of a process that serves clients, and its 22nd field: when it began, in ticks
# since the machine did.
SERVING = re.compile(r"(?m)^\d+ \((?:smtpd|postscreen)\)(?: \S+){19} (\d+) ")
TICKS = os.sysconf("SC_CLK_TCK")

# What Postfix says when it has read its configuration.
READ = re.compile(r"(reload|daemon started) -- version")


@dataclass(frozen=True)
class _State:
    """Seconds of the epoch: since when a configuration is in use, and who serves."""

    since: float
    begun: list[float]


@contextmanager
def in_use(project: Project, change: AbstractContextManager[None]) -> Iterator[None]:
    """Have a *change* rendered and in use by Postfix, and afterwards no more."""
    try:
        with change:
            await_successors(project)
            yield
    finally:
        await_successors(project)


@contextmanager
def with_settings(project: Project, **wanted: str) -> Iterator[None]:
    """Have other settings in .env for a while, and rendered."""
    try:
        with settings(project, **wanted):
            project.stack("init", "--yes")
            yield
    finally:
        project.stack("init", "--yes")


def await_reload(project: Project) -> None:
    """Wait until Postfix has read what was rendered last."""
    wait_until(lambda: _reloaded(project), "a reload of Postfix", WITHIN)


def await_successors(project: Project) -> None:
    """Wait until each process that serves clients has started since."""
    await_reload(project)
    ended = "the end of the old processes"
    wait_until(lambda: not _is_any_old(project), ended, LAST_CLIENT_WITHIN)


def _reloaded(project: Project) -> bool:
    try:
        project.inside("postfix", "config-applied")
    except CommandError:
        return False
    lines = project.lines(["postfix"], _state(project).since)
    return any(READ.search(line.text) for line in lines)


def _is_any_old(project: Project) -> bool:
    state = _state(project)
    return any(each < state.since for each in state.begun)


def _state(project: Project) -> _State:
    said = project.inside("postfix", "sh", "-c", STATE).decode()
    since, now, uptime = map(float, said.splitlines()[:3])
    ticks = map(int, SERVING.findall(said))
    return _State(since, [now - uptime + each / TICKS for each in ticks])
