"""What containers said, line by line."""

import re
from dataclasses import dataclass
from datetime import datetime

TROUBLE = re.compile(r"\b(warn(ing)?|error|fatal|panic)\b", re.IGNORECASE)

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


def lines(service: str, log: bytes) -> list[Line]:
    """Take apart the *log* of a container, written with time stamps."""
    return [
        _line(service, *line.split(" ", 1))
        for line in log.decode(errors="replace").splitlines()
        if " " in line
    ]


def _line(service: str, stamp: str, text: str) -> Line:
    # Docker writes nanoseconds, datetime reads microseconds.
    at = datetime.fromisoformat(f"{stamp[:26]}+00:00")
    return Line(service, at.timestamp(), text)
