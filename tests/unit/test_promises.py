"""docs/security.md promises what the end-to-end tests hold, and nothing else."""

from collections import Counter
from pathlib import Path

from tests.promises import E2E, page, promises

DOCSTRINGS = [
    docstring for module in E2E.glob("test_*.py") for _, docstring in promises(module)
]


def test_the_page_is_not_stale():
    """After a change of the tests' docstrings, the page has been made anew."""
    assert (Path(__file__).parents[2] / "docs" / "security.md").read_text() == page()


def test_every_test_promises_something():
    """Each docstring is at least one whole sentence."""
    assert [text for text in DOCSTRINGS if not text.endswith((".", "?"))] == []


def test_no_promise_is_made_twice():
    """Two tests of one promise are one test too many, or one is said badly."""
    assert [text for text, count in Counter(DOCSTRINGS).items() if count > 1] == []
