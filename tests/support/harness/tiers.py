"""Which rows of a table of cases belong to the core, what `make test` runs."""

from collections.abc import Iterable
from typing import Any

import pytest


def core_rows(rows: Iterable[str], *chosen: str) -> list[Any]:
    """
    Return all *rows* for pytest.mark.parametrize, the *chosen* ones marked as core.

    Raises:
        ValueError: When one that is chosen is not among the rows.
    """
    rows = list(rows)
    if unknown := set(chosen) - set(rows):
        raise ValueError(f"not in the table: {sorted(unknown)}")
    return [
        pytest.param(row, marks=[pytest.mark.core] if row in chosen else [])
        for row in rows
    ]
