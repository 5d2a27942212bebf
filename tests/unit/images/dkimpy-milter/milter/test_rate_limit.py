"""How much a login may send in an hour, and what it is told then."""

import pytest
from mail_auth.milter.rate_limit import RateLimit
from mail_auth.milter.refusal import RefusalError
from mail_auth.signing.sender_checks import check_rate


class Clock:
    """A clock that stands still until told otherwise."""

    now = 5000.0

    def __call__(self) -> float:
        """Tell the time, in seconds."""
        return self.now


def test_rate_limit_holds_in_every_hour():
    """What is an hour old counts no more, and nothing is forgiven before."""
    clock = Clock()
    rate = RateLimit(clock)
    assert rate.take("alice", 6, 10) == 0
    clock.now += 600
    assert rate.take("alice", 4, 10) == 0

    assert rate.take("alice", 1, 10) == 3000
    assert rate.take("alice", 7, 10) == 3600
    clock.now += 2999.9
    assert rate.take("alice", 1, 10) > 0
    clock.now += 0.1
    assert rate.take("alice", 6, 10) == 0
    assert rate.take("alice", 1, 10) == 600


def test_rate_limit_counts_each_login_by_itself():
    """One who sends too much takes nothing from the others."""
    rate = RateLimit(Clock())
    rate.take("alice", 10, 10)

    assert rate.take("alice", 1, 10) > 0
    assert rate.take("bob", 10, 10) == 0


def test_deferred_recipients_are_not_counted():
    """A program that tries again and again doesn't prolong its wait."""
    clock = Clock()
    rate = RateLimit(clock)
    rate.take("alice", 10, 10)
    for _ in range(5):
        clock.now += 600
        rate.take("alice", 1, 10)

    assert rate.take("alice", 1, 10) == 600


@pytest.mark.parametrize(
    ("recipients", "reply"),
    [
        (
            3,
            "450 4.7.1 a@b.test has written to as many as one may in an hour (4):"
            " try again in 60 minutes",
        ),
        (
            5,
            "550 5.5.3 The message has 5 recipients, more than a@b.test may write to"
            " in an hour (4): send it to fewer at a time",
        ),
    ],
)
def test_reply_over_the_rate_limit_says_what_to_do(recipients, reply):
    """The sentence says how long to wait; what could never pass is refused at once."""
    rate = RateLimit(Clock())
    check_rate("a@b.test", 2, 4, rate)

    with pytest.raises(RefusalError) as refused:
        check_rate("a@b.test", recipients, 4, rate)

    assert str(refused.value) == reply


def test_limit_of_zero_is_no_limit():
    """With 0 nothing is counted."""
    check_rate("a@b.test", 1_000_000, 0, RateLimit(Clock()))
