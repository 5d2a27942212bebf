"""`stack spam`: spam preferences, and training of the filter."""

import click

from stack.cli.spam.filter import forget, learn, stats, test
from stack.cli.spam.preferences import block, threshold, welcome


@click.group()
def spam() -> None:
    """
    Set spam preferences of users, and train the filter.

    Thresholds and lists count from the next message on. A user who moves mail into Junk
    or out of it trains the filter, too.
    """


for command in (threshold, welcome, block, learn, forget, test, stats):
    spam.add_command(command)
