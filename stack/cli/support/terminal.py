"""Whether somebody sits at a terminal, who answers questions and sees progress."""

import sys
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import click

Item = TypeVar("Item")


def is_attended() -> bool:
    """Say whether a question would be answered, or hang a script."""
    return sys.stdin.isatty()


def progress(items: Sequence[Item]) -> AbstractContextManager[Iterable[Item]]:
    """Return *items*, with a bar on a terminal for how many are done."""
    if not sys.stderr.isatty():
        return nullcontext(items)
    return click.progressbar(items, file=sys.stderr)
