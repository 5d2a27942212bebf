"""When to look again: twice a day, sooner after a failure, never all at once."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from stack.renewal.state.state_file import Failure, Remembered

USUAL = timedelta(hours=12)

# So that not all servers of the world come at the same minute.
JITTER = 0.25

# Let's Encrypt takes five failures an hour for one name.
FIRST_RETRY = timedelta(hours=1)
LEAST = timedelta(minutes=1)


def failed(
    before: Failure | None, reason: str, now: datetime, chance: float
) -> Failure:
    """
    Return what is remembered of a failure: each one in a row doubles the wait.

    *chance*, from 0 to 1, spreads the retries.
    """
    count = before.count + 1 if before else 1
    pause = min(FIRST_RETRY * 2 ** min(count - 1, 10), USUAL)
    return Failure(
        reason=reason,
        since=before.since if before else now,
        count=count,
        retry_at=now + spread(pause, chance),
    )


def pause(remembered: Iterable[Remembered], now: datetime, chance: float) -> timedelta:
    """Return how long to sleep until there may be something to do."""
    times = [now + spread(USUAL, chance)]
    for each in remembered:
        if each.failure:
            times.append(each.failure.retry_at)
        if each.hold and each.hold.seen_at:
            times.append(each.hold.seen_at + timedelta(seconds=each.hold.ttl))
    return max(min(times) - now, LEAST)


def spread(pause: timedelta, chance: float) -> timedelta:
    """Return *pause*, made shorter or longer by up to a quarter."""
    return pause * (1 + JITTER * (2 * chance - 1))
