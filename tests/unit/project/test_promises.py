"""docs/security.md promises what the end-to-end tests hold, and nothing else."""

from tests.promises import E2E, page, promises
from tests.support.places import ROOT


def test_the_page_is_not_stale():
    """After a change of the tests' docstrings, the page has been made anew."""
    assert (ROOT / "docs" / "security.md").read_text() == page()


def test_every_test_promises_something():
    """None is without a docstring."""
    found = [each for module in E2E.glob("test_*.py") for each in promises(module)]

    assert found
    assert [name for name, docstring in found if not docstring] == []
