"""`stack dkim`: the keys that sign outgoing mail."""

import click

from stack.cli.dns.dkim.rotate import rotate
from stack.cli.dns.dkim.show import show_


@click.group()
def dkim() -> None:
    """Show and change the keys that sign outgoing mail (DKIM)."""


for command in (show_, rotate):
    dkim.add_command(command)
