"""Locks the renewal state while a certificate is changed, and saves it."""

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
    """Lock the state, yield it, and save it however the block ends."""
    with project.acme_lock():
        state = load(project)
        try:
            yield state
        finally:
            save(project, state)


@contextmanager
def renewal_attempt(project: Project, name: str) -> Iterator[State]:
    """
    Lock the state for a renewal of the certificate *name*, and record its failure.

    The failure of a first attempt is not recorded: only the operator can repeat it.
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
