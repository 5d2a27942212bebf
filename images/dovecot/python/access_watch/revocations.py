"""When to look for the sessions of a revoked password."""

from collections.abc import Iterable, Set

from access_watch.accounts import Revoked

# Seconds after the revocation was seen. Several times, as a login under way becomes a
# session only when it has ended.
LOOK_DELAYS = (0.0, 1.0, 3.0, 10.0, 30.0)


class Revocations:
    """The revoked passwords, and the looks that are still due for each."""

    def __init__(self) -> None:
        """Begin without any: sessions from before the start are looked for, too."""
        self.due: dict[Revoked, list[float]] = {}

    def take(self, revoked: Set[Revoked], now: float) -> list[Revoked]:
        """Return which of all *revoked* passwords to look for *now*."""
        self.due = {
            each: self.due.get(each, [now + wait for wait in LOOK_DELAYS])
            for each in revoked
        }
        found = [each for each, times in self.due.items() if times and times[0] <= now]
        for each in found:
            self.due[each] = [time for time in self.due[each] if time > now]
        return found

    def again(self, revoked: Iterable[Revoked], now: float) -> None:
        """Look for the sessions of these *revoked* passwords at the next look, too."""
        for each in revoked:
            self.due[each].insert(0, now)
