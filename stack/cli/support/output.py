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
    """Print *rows* with aligned columns."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


def say(text: str) -> None:
    """Print *text* to stderr, apart from the data."""
    click.echo(text, err=True)


def say_each(lines: Sequence[str]) -> None:
    """Print each change to stderr, or that nothing changed."""
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


# Up to so many changes are printed one by one. Of more, the files in DERIVED, which
# nobody reads, are only counted.
FEW = 6
DERIVED = tuple(
    f"write var/{each}" for each in ("etc/", "relay/", "spam/", "identity/", "last-")
)


def carry_out(changes: Sequence["Change"], *, verbose: bool = True) -> None:
    """Carry out *changes* in order, and print each, or a summary."""
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
