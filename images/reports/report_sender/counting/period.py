"""The time that a report is about."""

from datetime import UTC, datetime
from typing import NamedTuple

from report_sender.counting.results import SECONDS_A_DAY


class Period(NamedTuple):
    """A day in UTC or a part of it, by its first and its last second since 1970."""

    begin: int
    end: int

    @property
    def first(self) -> str:
        """The first second, as RFC 3339 has it."""
        return _written(self.begin)

    @property
    def last(self) -> str:
        """The last second, as RFC 3339 has it."""
        return _written(self.end)


def period_of(day: int, after: int, until: int) -> Period:
    """
    Return the part of *day* that is to be reported on.

    Args:
        day: Days since 1970.
        after: The second up to which there are reports already.
        until: The second that is not to be in this report any more.
    """
    begin = max(day * SECONDS_A_DAY, after)
    return Period(begin, max(begin, min((day + 1) * SECONDS_A_DAY, until) - 1))


def _written(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
