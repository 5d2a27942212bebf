"""When rules are updated, and the result of the last update: /rules/state.json."""

import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path

from milter_runtime.durable import write

from spam_rules.config import Config

HOUR = 3600.0
DAY = 24 * HOUR
# The end of the year 9999: no later time can be told.
_LAST = 253_402_300_800


@dataclass(frozen=True)
class State:
    """The last look for new rules. Times are seconds of the epoch."""

    next: float = 0
    """When the next one is due."""
    succeeded: float = 0
    """When the last one was that found all up to date, or brought it there."""
    failures: int = 0
    """How many have failed since one succeeded."""
    reason: str = ""
    """Why the last one failed."""
    channels: tuple[str, ...] = ()
    """Where it looked."""

    def due(self, config: Config, now: float) -> bool:
        """Tell whether it is time, or others are asked than before."""
        # A clock that was wrong must not put it off for years.
        other = self.channels != config.channels
        return other or not now < self.next <= now + 2 * DAY

    def is_sound(self) -> bool:
        """Tell whether each field is of its kind: somebody may have edited the file."""
        return (
            all(map(_is_time, (self.next, self.succeeded)))
            and type(self.failures) is int
            and self.failures >= 0
            and all(isinstance(each, str) for each in (self.reason, *self.channels))
        )

    @classmethod
    def success(cls, config: Config, now: float) -> "State":
        """Return what is to be remembered: once a day, not all servers at once."""
        wait = random.uniform(20 * HOUR, DAY)  # noqa: S311 - spreads load, no secret
        return cls(now + wait, now, channels=config.channels)

    def failure(self, reason: str, config: Config, now: float) -> "State":
        """Return what is to be remembered: again in an hour, then two, up to a day."""
        wait = min(DAY, HOUR * 2 ** min(self.failures, 5))
        wait *= random.uniform(0.9, 1)  # noqa: S311 - as above
        return State(
            now + wait, self.succeeded, self.failures + 1, reason, config.channels
        )


def _is_time(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return 0 <= value < _LAST


def load(path: Path) -> State:
    """Return what *path* says; nothing is known if it can't be read, or isn't ours."""
    try:
        found = json.loads(path.read_text())
        state = State(**found | {"channels": tuple(found["channels"])})
    except (OSError, ValueError, TypeError, KeyError):
        return State()
    return state if state.is_sound() else State()


def save(path: Path, state: State) -> None:
    """Put *state* at *path*."""
    write(path, f"{json.dumps(asdict(state))}\n".encode())
