"""`stack cert`: obtain, renew and import certificates, and check every port."""

import click

from stack.cli.cert.imports import import_, remove, self_signed
from stack.cli.cert.issue import issue
from stack.cli.cert.renew import renew
from stack.cli.cert.show import check, show_


@click.group()
def cert() -> None:
    """
    Get certificates, renew them, and prove that every port serves them.

    A new certificate is deployed without ending a session. If a mail port doesn't serve
    it within a minute, the old certificate is put back.
    """


for command in (issue, renew, import_, self_signed, remove, show_, check):
    cert.add_command(command)
