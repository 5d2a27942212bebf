"""`stack dns`: the DNS records that this server needs."""

import click

from stack.cli.dns.show import show_


@click.group()
def dns() -> None:
    """Show the DNS records that this server needs."""


dns.add_command(show_)
