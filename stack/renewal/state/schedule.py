"""The time of the next round: twice a day, sooner after a failure, with jitter."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from stack.renewal.state.state_file import CertificateState, Failure

INTERVAL = timedelta(hours=12)

# A part of each pause: not all servers may ask an authority at the same minute.
JITTER = 0.25

# Let's Encrypt takes five failures an hour for one name.
FIRST_RETRY = timedelta(hours=1)
SHORTEST_PAUSE = timedelta(minutes=1)


def next_failure(
    before: Failure | None, reason: str, now: datetime, chance: float
) -> Failure:
    """
    Return the record of another failure; each one in a row doubles the wait.

    Args:
        before: The record of the failures before it in a row, if any.
        reason: In one line.
        now: In UTC.
        chance: A random number from 0 to 1, for the jitter.
    """
    count = before.count + 1 if before else 1
    pause = min(FIRST_RETRY * 2 ** min(count - 1, 10), INTERVAL)
    return Failure(
        reason=reason,
        since=before.since if before else now,
        count=count,
        retry_at=now + with_jitter(pause, chance),
    )


def next_pause(
    remembered: Iterable[CertificateState], now: datetime, chance: float
) -> timedelta:
    """Return the pause until the next round; *chance* is for the jitter."""
    times = [now + with_jitter(INTERVAL, chance)]
    for each in remembered:
        if each.failure:
            times.append(each.failure.retry_at)
        if each.pending_rollover and each.pending_rollover.seen_at:
            times.append(
                each.pending_rollover.seen_at
                + timedelta(seconds=each.pending_rollover.ttl)
            )
    return max(min(times) - now, SHORTEST_PAUSE)


def with_jitter(pause: timedelta, chance: float) -> timedelta:
    """Return *pause*, shorter or longer by up to a quarter; *chance* is from 0 to 1."""
    return pause * (1 + JITTER * (2 * chance - 1))
