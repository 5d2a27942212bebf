"""How results are shown: aligned for people, JSON for programs."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from stack.apply.changes import Change

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON.")


def show(data: Any) -> None:
    """Print *data* as JSON."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False))


def table(rows: Iterable[Sequence[str]]) -> None:
    """Print *rows* with their columns aligned, the last one as long as it is."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def say(text: str) -> None:
    """Tell what has been done, apart from the data."""
    click.echo(text, err=True)


def say_each(lines: Sequence[str]) -> None:
    """Tell each change in a line, or that there was none."""
    for line in lines or ["Nothing changed."]:
        say(line)


def show_lists(
    found: Mapping[str, Sequence[str]], *, as_json: bool, key: str, values: str
) -> None:
    """Print a table of lists, or JSON with the names *key* and *values*."""
    if as_json:
        show([{key: name, values: each} for name, each in found.items()])
    else:
        table([(name, ", ".join(each)) for name, each in found.items()])


# As many changes are told one by one. Of more, these are counted: files that nobody
# reads whose server works.
FEW = 6
DERIVED = tuple(
    f"write var/{each}" for each in ("etc/", "relay/", "spam/", "identity/", "last-")
)


def carry_out(changes: Sequence["Change"], *, verbose: bool = True) -> None:
    """Make *changes* one after the other, and tell each, or a summary."""
    brief = not verbose and len(changes) > FEW
    counted = 0
    for change in changes:
        change.carry_out()
        if brief and change.words.startswith(DERIVED):
            counted += 1
        else:
            say(change.words)
    if counted:
        say(f"write {counted} more files below var/ (--verbose names them)")
    if not changes:
        say_each(())
