"""Runs several functions in threads, with one deadline for all."""

import time
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any


def at_once(
    tasks: Sequence[Callable[[], Any]], seconds: float, late: Any = None
) -> list[Any]:
    """
    Return the result of each of *tasks*, or *late* for one that takes over *seconds*.

    A late task goes on in a daemon thread: the program doesn't wait for it to end.
    """
    results = [late] * len(tasks)
    errors: list[BaseException] = []

    def run(place: int, task: Callable[[], Any]) -> None:
        try:
            results[place] = task()
        except BaseException as error:
            errors.append(error)

    deadline = time.monotonic() + seconds
    threads = [Thread(target=run, args=row, daemon=True) for row in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    if errors:
        raise errors[0]
    return list(results)
