"""
Takes the rules of rules.toml away, one at a time, and shows which test fails.

`python -m tests.mutation [--core] [NAME ...]`
"""

import sys
import time
from pathlib import Path

import click

from .rules import Rule, load, named
from .trial import BrokenRunError, BusyError, copied, failure, place


@click.command()
@click.option(
    "--core", is_flag=True, help="End-to-end tests without the mark core don't count."
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
def main(core: bool, names: tuple[str, ...]) -> None:
    """
    Take rules away, one at a time, and show that a test fails for each.

    NAME is a part of a rule's name or file; without one all rules are tried. First the
    tests are run on the project as it is, where all must pass. The exit status is 1
    when a rule can be taken away and no test fails, or when one fails without that.
    """
    rules = named(load(), names)
    if not rules:
        raise click.UsageError("no rule's name or file holds these words")
    try:
        with place() as folder:
            whole(folder, rules, core)
            missed = [rule for rule in rules if not caught(folder, rule, core)]
    except (BusyError, BrokenRunError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{len(rules) - len(missed)} of {len(rules)} rules are held by tests.")
    sys.exit(bool(missed))


def whole(folder: Path, rules: list[Rule], core: bool) -> None:
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
