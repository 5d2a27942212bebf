"""
Takes the rules of rules.toml away, one at a time, and shows which test fails.

`python -m tests.mutation [--core] [--no-baseline] [NAME ...]`
"""

import sys
import time
from pathlib import Path

import click

from .rules import Rule, load, named
from .trial import BrokenRunError, BusyError, copied, failure, place


@click.command()
@click.option(
    "--core", is_flag=True, help="Of the end-to-end tests, count only the core."
)
@click.option(
    "--baseline/--no-baseline",
    default=True,
    help="Whether to run the tests on the project as it is, first.",
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
def main(core: bool, baseline: bool, names: tuple[str, ...]) -> None:
    """
    Take away one rule at a time, and show that a test fails.

    NAME is a part of a rule's name or file; without one all rules are tried. First, as
    a baseline, the tests must pass with no rule taken away. The exit status is 1 when
    they don't, or when a rule can be taken away and no test fails.
    """
    rules = named(load(), names)
    if not rules:
        raise click.UsageError("no rule's name or file holds these words")
    try:
        with place() as folder:
            if baseline:
                passes(folder, rules, core)
            missed = [rule for rule in rules if not caught(folder, rule, core)]
    except (BusyError, BrokenRunError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{len(rules) - len(missed)} of {len(rules)} rules are held by tests.")
    sys.exit(bool(missed))


def passes(folder: Path, rules: list[Rule], core: bool) -> None:
    """Exit unless the tests of *rules* pass as long as no rule is taken away."""
    tests = dict.fromkeys(test for rule in rules for test in rule.tests)
    with copied(folder):
        if found := failure(folder, list(tests), core):
            raise click.ClickException(f"fails with no rule taken away: {found}")


def caught(folder: Path, rule: Rule, core: bool) -> bool:
    """Take *rule* away, print what comes of it, and tell whether a test fails."""
    began = time.monotonic()
    with copied(folder):
        rule.take_away(folder)
        found = failure(folder, rule.tests, core)
    seconds = time.monotonic() - began
    click.echo(
        f"{'caught' if found else 'NOT CAUGHT':10} {seconds:4.0f} s"
        f"  {rule.name}: {found or 'no test fails'}"
    )
    return bool(found)


if __name__ == "__main__":
    main()
