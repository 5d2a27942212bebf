"""Tasks run in parallel, with one deadline for all."""

from functools import partial
from threading import Barrier, Event

import pytest

from stack.system.parallel import at_once


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

    assert at_once([never.wait, lambda: 1], 0.2, "late") == ["late", 1]
    never.set()


def test_error_of_a_task_is_raised():
    """The error isn't lost in a thread."""

    def fail() -> None:
        raise ValueError("it fell")

    with pytest.raises(ValueError, match="it fell"):
        at_once([fail, lambda: 1], 60)
