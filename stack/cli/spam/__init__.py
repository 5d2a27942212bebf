"""`stack spam`: what is spam to whom, and what the filter learns."""

import click

from stack.cli.spam.filter import forget, learn, stats, test
from stack.cli.spam.preferences import block, threshold, welcome


@click.group()
def spam() -> None:
    """
    Say what is spam to whom, and teach the filter.

    Thresholds and lists count from the next message on. Moving mail into Junk and out
    of it teaches the filter, too.
    """


for command in (threshold, welcome, block, learn, forget, test, stats):
    spam.add_command(command)
