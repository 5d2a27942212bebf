"""`stack status`: whether the server runs, and what there is to worry about."""

import click

from stack.cli.support.output import as_json, show, table
from stack.system.project import Project

FAILED = 1

# What stands at the end of a row, by its level.
MARKS = {"ok": "", "warn": "(!)", "fail": "!"}


@click.command()
@as_json
@click.pass_obj
def status(project: Project, json_: bool) -> None:
    """
    Say how containers, ports, certificates and block lists are; exit 1 if not well.

    A row that ends in ! is for you to mend; one that ends in (!) is a warning, and no
    reason for an exit status of 1. How the containers are is known where Docker may be
    asked, so not in one of them; there it is asked whether the resolver finds names.
    What exactly the ports serve is said by `stack cert check`. How many IMAP sessions
    the kernel of this machine lets hear of new mail at once is said, too. What can't be
    known, for .env is wrong or Docker doesn't answer, is told with the reason.
    """
    from stack.cli.server import overview

    project.require()
    rows = overview.rows(project)
    if json_:
        show([row._asdict() | {"ok": row.level == "ok"} for row in rows])
    else:
        table([(*row[:3], MARKS[row.level]) for row in rows])
    if any(row.level == "fail" for row in rows):
        raise click.exceptions.Exit(FAILED)
