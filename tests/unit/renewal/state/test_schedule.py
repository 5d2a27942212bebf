"""When the next round and the next retry come."""

from datetime import timedelta

import pytest

from stack.renewal.state import schedule
from stack.renewal.state.state_file import CertificateState, Failure, PendingRollover
from tests.support.certs.authority import NOW

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
EVEN = 0.5  # the chance that neither lengthens nor shortens


def failures(many: int, chance: float = EVEN) -> Failure:
    """Return the record after *many* failures, one an hour."""
    found = None
    for hour in range(many):
        found = schedule.next_failure(
            found, f"reason {hour}", NOW + hour * HOUR, chance
        )
    assert found
    return found


def test_each_failure_doubles_the_wait_up_to_12_hours():
    """Let's Encrypt allows five failures an hour for one name."""
    waits = [failures(n).retry_at - (NOW + (n - 1) * HOUR) for n in range(1, 8)]

    assert waits == [n * HOUR for n in (1, 2, 4, 8, 12, 12, 12)]


def test_thousand_failures_wait_12_hours():
    """An unattended server goes on at the same pace."""
    found = failures(1000)

    assert found.retry_at - (NOW + 999 * HOUR) == schedule.INTERVAL
    assert found.count == 1000


def test_first_time_and_last_reason_are_recorded():
    """The record holds the first time, the number, and the last reason."""
    found = failures(3)

    assert (found.since, found.count, found.reason) == (NOW, 3, "reason 2")


@pytest.mark.parametrize(("chance", "part"), [(0, 0.75), (0.5, 1), (1, 1.25)])
def test_jitter_is_a_quarter(chance, part):
    """Servers must not all come at the same minute."""
    assert schedule.with_jitter(4 * HOUR, chance) == 4 * HOUR * part
    assert failures(1, chance).retry_at == NOW + HOUR * part
    assert schedule.next_pause([], NOW, chance) == 12 * HOUR * part


def test_without_failures_a_round_is_every_12_hours():
    """Certificates without failure or rollover don't count."""
    assert schedule.next_pause([CertificateState()], NOW, EVEN) == 12 * HOUR


def test_next_round_is_at_the_first_retry():
    """The first of several."""
    many = [
        CertificateState(failure=failures(2)),
        CertificateState(failure=failures(1)),
    ]

    assert schedule.next_pause(many, NOW, EVEN) == HOUR


def test_late_retry_does_not_delay_the_round():
    """The others are looked at all the same."""
    late = failures(1).model_copy(update={"retry_at": NOW + 15 * HOUR})

    assert schedule.next_pause([CertificateState(failure=late)], NOW, EVEN) == 12 * HOUR


def test_next_round_is_at_the_end_of_the_ttl():
    """Then the certificate is served, at once rather than at night."""
    pending = PendingRollover(reason="", ttl=7200, seen_at=NOW - HOUR)

    assert (
        schedule.next_pause([CertificateState(pending_rollover=pending)], NOW, EVEN)
        == HOUR
    )


def test_rollover_without_record_keeps_the_interval():
    """Only the operator can end it."""
    pending = PendingRollover(reason="", ttl=60, seen_at=None)

    assert (
        schedule.next_pause([CertificateState(pending_rollover=pending)], NOW, EVEN)
        == 12 * HOUR
    )


@pytest.mark.parametrize("late", [timedelta(0), 5 * HOUR])
def test_rounds_are_a_minute_apart(late):
    """Whatever is overdue."""
    failed = CertificateState(failure=failures(1))

    assert schedule.next_pause([failed], NOW + HOUR + late, EVEN) == MINUTE
