"""The log of one service, of which each line is fetched once."""

from bisect import bisect_left
from dataclasses import dataclass, field
from operator import attrgetter

from docker.models.containers import Container

from tests.support.logs.lines import Line, lines

# How many of the last lines are asked for: more than a service says between two looks.
TAIL = 100


@dataclass
class Logbook:
    """
    What *service* has said so far, also in containers that are gone since.

    The engine reads the end of a log fast, and all of it, or all since a moment, in a
    time that grows with it. So each look fetches the end, as much as has not been seen.
    """

    service: str
    lines: list[Line] = field(default_factory=list)
    container: str = ""
    last: bytes = b""
    """The time stamp of the last line that was fetched from that container."""

    def read(self, container: Container) -> None:
        """Fetch what *container* has said since the last look."""
        if container.id != self.container:
            self.container, self.last = str(container.id), b""
        if news := self._news(container):
            self.last = _stamp(news[-1])
            self.lines += lines(self.service, b"\n".join(news))

    def since(self, moment: float) -> list[Line]:
        """Return the lines said since a *moment*, in seconds of the epoch."""
        return self.lines[bisect_left(self.lines, moment, key=attrgetter("at")) :]

    def _news(self, container: Container) -> list[bytes]:
        tail = TAIL
        while True:
            found = container.logs(timestamps=True, tail=tail).split(b"\n")
            if len(found) < tail or _stamp(found[0]) <= self.last:
                return [line for line in found if _stamp(line) > self.last]
            tail *= 4


def _stamp(line: bytes) -> bytes:
    """Return when a line was said, as Docker writes it: the later, the greater."""
    return line.partition(b" ")[0]
