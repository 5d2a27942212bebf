"""Tries something with a certificate, and writes down how it ended."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from random import random

from stack.renewal.state import schedule
from stack.renewal.state.state_file import State, load, save
from stack.system.errors import StackError
from stack.system.project import Project


@contextmanager
def locked_state(project: Project) -> Iterator[State]:
    """Keep others away, yield what is remembered, save it with what came of this."""
    with project.acme_lock():
        state = load(project)
        try:
            yield state
        finally:
            save(project, state)


@contextmanager
def renewal_attempt(project: Project, name: str) -> Iterator[State]:
    """
    Do so for a renewal of the certificate *name*: a failure is remembered, too.

    What an operator tries for the first time is for him to try again.
    """
    with locked_state(project) as state:
        remembered = state.of(name)
        try:
            yield state
            remembered.failure = None
        except (StackError, OSError) as error:
            if remembered.comes_from in ("authority", "folder"):
                reason, now = str(error).partition("\n")[0], datetime.now(UTC)
                remembered.failure = schedule.next_failure(
                    remembered.failure,
                    reason,
                    now,
                    random(),  # noqa: S311 - no secret
                )
            raise
