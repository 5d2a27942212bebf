"""Tasks run in parallel, with one deadline for all."""

from functools import partial
from itertools import count
from threading import Barrier, Event, Lock

import pytest

from stack.system.parallel import Once, at_once


def test_results_come_in_the_order_of_the_tasks():
    """Each task waits for all the others, so they do run at the same time."""
    together = Barrier(20, timeout=30)

    def task(number: int) -> int:
        together.wait()
        return number

    tasks = [partial(task, number) for number in range(20)]
    assert at_once(tasks, 60) == list(range(20))


def test_late_task_is_not_waited_for():
    """The others are, for what is left of the time."""
    never = Event()

    assert at_once([never.wait, lambda: 1], 2, "late") == ["late", 1]
    never.set()


def test_error_of_a_task_is_raised():
    """The error isn't lost in a thread."""

    def fail() -> None:
        raise ValueError("it fell")

    with pytest.raises(ValueError, match="it fell"):
        at_once([fail, lambda: 1], 60)


def test_no_more_than_allowed_run_at_a_time():
    """All are done in the end, in whichever thread."""
    gate, running, most = Lock(), 0, 0
    pair = Barrier(2, timeout=30)

    def task(number: int) -> int:
        nonlocal running, most
        with gate:
            running += 1
            most = max(most, running)
        pair.wait()
        with gate:
            running -= 1
        return number

    assert at_once([partial(task, n) for n in range(6)], 60, most=2) == list(range(6))
    assert most == 2


def test_nothing_begins_after_the_deadline():
    """A queue of tasks ends with it."""
    began = []

    assert at_once([partial(began.append, 1)], 0.0, "late", most=1) == ["late"]
    assert began == []


def test_once_calls_a_function_once_for_each_key():
    """All threads that ask meanwhile wait for the one result."""
    number, together = count(), Barrier(8, timeout=30)
    once = Once(lambda key: (key, next(number)))

    def task() -> tuple[str, int]:
        together.wait()
        return once("a")

    assert at_once([task] * 8, 60) == [("a", 0)] * 8
    assert once("b") == ("b", 1)


def test_once_raises_its_error_each_time():
    """Whoever asks later learns the same, and the function isn't called again."""
    number = count()

    def fail(_: str) -> None:
        raise ValueError(f"call {next(number)}")

    once = Once(fail)
    for _ in range(2):
        with pytest.raises(ValueError, match="call 0"):
            once("a")
