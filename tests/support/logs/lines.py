"""The lines of a container's log, and warnings that tests announce."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Self

import pytest

RAN = pytest.StashKey[tuple[float, float]]()
"""When a test began and ended, in seconds of the epoch; it may not have ended yet."""

# How many seconds after a test a daemon may still say what it provoked: mail that
# waits is tried again within as many (queue_run_delay), processes are started anew.
ECHO = 300

TROUBLE = re.compile(r"\b(warn(ing)?|error|fatal|panic|traceback)\b", re.IGNORECASE)

PROBE = re.compile(
    r"from localhost\[127|\[127\.0\.0\.1\]:|no_auth_attempts.*rip=127\.0\.0\.1"
)


@dataclass(frozen=True)
class Line:
    """One line of a container's log."""

    service: str
    at: float
    """Seconds of the epoch."""

    text: str

    def __str__(self) -> str:
        """Show it as `docker compose logs` does."""
        return f"{self.service:>12} | {self.text}"

    @property
    def is_trouble(self) -> bool:
        """Whether a daemon complains here."""
        return bool(TROUBLE.search(self.text))

    @property
    def is_probe(self) -> bool:
        """Whether this is about one of the health checks, which come all the time."""
        return bool(PROBE.search(self.text))


@dataclass(frozen=True)
class Announcement:
    """What a test said that it provokes, by its mark, and when it did."""

    service: str
    pattern: str
    began: float
    ended: float

    @classmethod
    def all_by(cls, item: pytest.Item) -> list[Self]:
        """Return those of a test that has begun."""
        return [
            cls(*mark.args, *item.stash[RAN])
            for mark in item.iter_markers("provokes")
            if RAN in item.stash
        ]

    def covers(self, line: Line) -> bool:
        """Whether *line* is of this kind, and of this time."""
        return (
            line.service == self.service
            and self.began <= line.at <= self.ended + ECHO
            and bool(re.search(self.pattern, line.text))
        )


def lines(service: str, log: bytes) -> list[Line]:
    """Parse the *log* of a container, written with time stamps."""
    return [
        _line(service, *line.split(" ", 1))
        for line in log.decode(errors="replace").splitlines()
        if " " in line
    ]


def _line(service: str, stamp: str, text: str) -> Line:
    # Docker writes nanoseconds, datetime reads microseconds.
    at = datetime.fromisoformat(f"{stamp[:26]}+00:00")
    return Line(service, at.timestamp(), text)
