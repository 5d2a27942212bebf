"""Runs several functions in threads, with one deadline for all."""

import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


def at_once(
    tasks: Sequence[Callable[[], Any]],
    seconds: float,
    late: Any = None,
    most: int | None = None,
) -> list[Any]:
    """
    Return the result of each of *tasks*, or *late* for one that isn't done in time.

    Args:
        tasks: Begun in this order, each once.
        seconds: The time for all of them. A late task goes on in a daemon thread: the
            program doesn't wait for it to end. None begins after that.
        late: Stands for a result that came too late.
        most: How many run at a time; None: all of them.
    """
    results = [late] * len(tasks)
    errors: list[BaseException] = []
    waiting: SimpleQueue[tuple[int, Callable[[], Any]]] = SimpleQueue()
    deadline = time.monotonic() + seconds

    def run() -> None:
        while time.monotonic() < deadline:
            try:
                place, task = waiting.get_nowait()
            except Empty:
                return
            try:
                results[place] = task()
            except BaseException as error:
                errors.append(error)

    for row in enumerate(tasks):
        waiting.put(row)
    threads = [
        Thread(target=run, daemon=True)
        for _ in range(min(len(tasks), most or len(tasks)))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0, deadline - time.monotonic()))
    if errors:
        raise errors[0]
    return list(results)


class Once(Generic[Key, Value]):
    """A function that is called once for each key, though many threads ask at once."""

    def __init__(self, function: Callable[[Key], Value]) -> None:
        self._function = function
        self._lock = Lock()
        self._known: dict[Key, Future[Value]] = {}

    def __call__(self, key: Key) -> Value:
        """Return the result for *key*, or raise the error that its call has raised."""
        with self._lock:
            future = self._known.get(key)
            is_first = future is None
            future = future or self._known.setdefault(key, Future())
        if is_first:
            try:
                future.set_result(self._function(key))
            except BaseException as error:
                future.set_exception(error)
        return future.result()
