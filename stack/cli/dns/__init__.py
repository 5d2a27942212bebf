"""`stack dns`: the DNS records that this server needs, and those that there are."""

import click

from stack.cli.dns.check import check
from stack.cli.dns.mta_sts import mta_sts_
from stack.cli.dns.show import show_


@click.group()
def dns() -> None:
    """Show the DNS records that this server needs, and check them."""


dns.add_command(show_)
dns.add_command(check)
dns.add_command(mta_sts_)
