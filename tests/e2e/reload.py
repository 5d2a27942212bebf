"""Changes that Postfix has taken, in each process that serves a client."""

import os
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from .configuration import settings
from .project import CommandError, Project
from .wait import wait_until

# Seconds. The new configuration is checked first: that takes its time if all is busy.
WITHIN = 90

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


@contextmanager
def in_use(project: Project, change: AbstractContextManager[None]) -> Iterator[None]:
    """Have a *change* rendered and in use by Postfix, and afterwards no more."""
    try:
        with change:
            await_reload(project)
            yield
    finally:
        await_reload(project)


@contextmanager
def with_settings(project: Project, **wanted: str) -> Iterator[None]:
    """Have other lines in .env for a while, and rendered."""
    try:
        with settings(project, **wanted):
            project.stack("init", "--yes")
            yield
    finally:
        project.stack("init", "--yes")


def await_reload(project: Project) -> None:
    """Wait until Postfix goes by what was rendered last, whoever it serves."""
    wait_until(lambda: _is_taken(project), "Postfix by what was rendered", WITHIN)


def _is_taken(project: Project) -> bool:
    try:
        project.inside("postfix", "config-applied")
    except CommandError:
        return False
    state = project.inside("postfix", "sh", "-c", STATE).decode()
    since, now, uptime = map(float, state.splitlines()[:3])
    begun = [now - uptime + int(each) / TICKS for each in SERVING.findall(state)]
    lines = project.lines(["postfix"], since)
    return (
        any(READ.search(line.text) for line in lines)
        and min(begun, default=now) > since
    )
