"""When to look for sessions that were opened by a password that was taken away."""

from collections.abc import Iterable, Set

from access_watch.accounts import Revoked

# Seconds after it was seen. More than once: who was just logging in has a session only
# when that is done.
LOOK_DELAYS = (0.0, 1.0, 3.0, 10.0, 30.0)


class Revocations:
    """What was taken away, and the looks that are still due."""

    def __init__(self) -> None:
        """Begin without knowing any: there may be sessions of before."""
        self.due: dict[Revoked, list[float]] = {}

    def take(self, revoked: Set[Revoked], now: float) -> list[Revoked]:
        """Return those of all *revoked* passwords to look for *now*."""
        self.due = {
            each: self.due.get(each, [now + wait for wait in LOOK_DELAYS])
            for each in revoked
        }
        found = [each for each, times in self.due.items() if times and times[0] <= now]
        for each in found:
            self.due[each] = [time for time in self.due[each] if time > now]
        return found

    def again(self, revoked: Iterable[Revoked], now: float) -> None:
        """Have the sessions of the *revoked* looked for at the next look, too."""
        for each in revoked:
            self.due[each].insert(0, now)
