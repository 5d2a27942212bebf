"""The accounts as a command opens them: to read, or to change under the lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stack.system.project import Project

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@contextmanager
def reading(project: Project) -> Iterator["Session"]:
    """
    Open the accounts of *project* for one transaction.

    Raises:
        StackError: When `stack init` has not made them, or they can't be read.
    """
    from stack.accounts.store import database

    project.require()
    with database.session(project.database) as session:
        yield session


@contextmanager
def changing(project: Project) -> Iterator["Session"]:
    """
    Open the accounts of *project* for one transaction that no other command meets.

    Raises:
        StackError: When `stack init` has not made them, they can't be read or written,
            or another command holds the lock for too long.
    """
    project.require()
    with project.lock(), reading(project) as session:
        yield session
