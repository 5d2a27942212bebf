"""The pages that people read: whatever they name is there."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import pytest

from stack.cli import main
from stack.config.settings import Settings
from tests.support.places import ROOT

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]

pages = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)


def code(page: Path) -> Iterator[str]:
    """Yield what *page* shows as code, in a sentence or in lines of its own."""
    text = page.read_text()
    for words in re.findall(r"`([^`]+)`|^    ([^`\n]+)$", text, re.MULTILINE):
        yield " ".join("".join(words).split())


def missing(command: click.Command, words: Iterable[str]) -> str:
    """Return the first of *words* that is no command where one must stand, if any."""
    for word in words:
        if not isinstance(command, click.Group) or not re.fullmatch("[a-z-]+", word):
            return ""
        found = command.get_command(click.Context(command), word)
        if not found:
            return word
        command = found
    return ""


@pages
def test_every_link_leads_to_a_file(page):
    """To one of this repository, beside the page."""
    links = re.findall(r"\]\(([^)#:]+)\)", page.read_text())

    assert [link for link in links if not (page.parent / link).is_file()] == []


@pages
def test_every_path_is_there(page):
    """What begins with a folder of ours is a file or a folder, or some by a pattern."""
    ours = r"(?:config|docs|images|stack|tests|tools)/[\w./*-]*"
    paths = [word for word in code(page) if re.fullmatch(ours, word)]

    assert [path for path in paths if not list(ROOT.glob(path.rstrip("/")))] == []


@pages
def test_every_test_is_there(page):
    """A file of tests, or one of the tests in it."""
    texts = {path.stem: path.read_text() for path in ROOT.glob("tests/**/test_*.py")}
    there = set(texts).union(
        *(re.findall(r"test_\w+", each) for each in texts.values())
    )

    assert set(re.findall(r"test_\w+", page.read_text())) - there == set()


@pages
def test_every_command_is_there(page):
    """Of `stack`, on the machine or in its container, and of the Makefile."""
    stack = r"(?:docker compose (?:run --rm|exec certs) )?stack (.+)"
    said = [found[1] for words in code(page) if (found := re.fullmatch(stack, words))]
    asked = [words.split()[1] for words in code(page) if words.startswith("make ")]
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert [words for words in said if missing(main, words.split())] == []
    assert set(asked) <= set(targets)


@pages
def test_every_setting_is_there(page):
    """What is written as in .env is a key of it."""
    lines = (re.match(r"([A-Z][A-Z0-9_]+)=", words) for words in code(page))
    found = {line[1].lower() for line in lines if line}
    # Compose reads the same file.
    keys = {key for key in found if not key.startswith("compose_")}

    assert keys <= Settings.model_fields.keys()


def test_the_readme_is_short_and_leads_to_every_other_page():
    """It has fewer than 110 lines, and docs/ has no page that it doesn't name."""
    text = PAGES[0].read_text()
    pages = {f"docs/{path.name}" for path in ROOT.glob("docs/*")}

    assert len(text.splitlines()) < 110
    assert pages == set(re.findall(r"\]\((docs/[^)#]+)\)", text))


def test_the_pages_name_something_of_each_kind():
    """Otherwise nothing would be looked at."""
    words = {word for page in PAGES for word in code(page)}

    assert {
        "stack/config/settings/",
        "make docs",
        "stack init",
        "ANTIVIRUS=yes",
    } <= words
    assert "(docs/flow.md)" in PAGES[0].read_text()
    assert "test_quota.py](" in (ROOT / "docs" / "security.md").read_text()
