"""docs/security.md lists each file of end-to-end tests with what it promises."""

import pytest

from tests.promises import functions, modules, page, promise
from tests.support.places import ROOT

PAGE = ROOT / "docs" / "security.md"

each_module = pytest.mark.parametrize("module", modules(), ids=lambda path: path.stem)


def test_the_page_is_not_stale():
    """After a change of the docstrings, `make docs` has been run."""
    assert PAGE.read_text() == page()


def test_the_page_is_a_short_table():
    """It has a row for each file of tests, and fewer than 250 lines in all."""
    lines = page().splitlines()

    assert len(modules()) > 50
    assert len([line for line in lines if "](../tests/e2e/" in line]) == len(modules())
    assert len(lines) < 250


@each_module
def test_each_file_promises_something_in_a_sentence(module):
    """The first paragraph of its docstring is one sentence that fits in a row."""
    assert promise(module).endswith(".")
    assert len(promise(module)) <= 100
    assert "|" not in promise(module)


@each_module
def test_each_test_says_what_it_shows(module):
    """A file has tests, and none of them is without a docstring."""
    found = [*functions(module)]

    assert found
    assert [name for name, docstring in found if not docstring] == []
