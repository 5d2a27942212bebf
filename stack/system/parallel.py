"""Does several things at once, and waits for none of them longer than for all."""

import time
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any


def at_once(
    tasks: Sequence[Callable[[], Any]], seconds: float, late: Any = None
) -> list[Any]:
    """
    Return what each of *tasks* returns, or *late* for one that takes over *seconds*.

    Whoever is late goes on until the program ends, which doesn't wait for it.
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
