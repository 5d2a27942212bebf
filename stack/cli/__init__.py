"""
The command `stack`: it parses arguments, calls a module, and prints the result.

stdout is data, stderr is progress. What takes long to import is imported inside
the commands, so that `--help` and completion answer at once.
"""

import errno
from pathlib import Path
from typing import Any

import click

from stack import __version__
from stack.cli.accounts.alias import alias
from stack.cli.accounts.domain import domain
from stack.cli.accounts.sendas import sendas
from stack.cli.accounts.user import user
from stack.cli.cert import cert
from stack.cli.dns import dns
from stack.cli.dns.dkim import dkim
from stack.cli.reports import reports
from stack.cli.server.adopt import adopt
from stack.cli.server.init import init
from stack.cli.server.relay import relay
from stack.cli.server.settings import settings
from stack.cli.server.status import status
from stack.cli.server.up import up
from stack.cli.spam import spam
from stack.system.errors import InvalidError, UnableError
from stack.system.project import Project

FULL = "make room there (`df -h` shows the room, `df -i` the number of files left)"
REMEDIES = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EROFS: "see in `dmesg` why nothing can be written there, and mount it anew",
}


class _Command(click.Group):
    """Turns an error of the operating system into one line."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InvalidError as error:
            raise InvalidError(*_of_another_version(ctx.obj), *error.problems) from None
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise
            raise UnableError(_words(error)) from None


def _of_another_version(project: Project) -> list[str]:
    """Return a hint if the error may come from files of another version."""
    from stack.apply import versions

    return [] if versions.is_ours(project.root) else [versions.OTHER]


def _words(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    if isinstance(error, PermissionError):
        return (
            f"{place}permission denied: run stack as root, or as"
            " `docker compose run --rm stack`"
        )
    remedy = REMEDIES.get(error.errno or 0, "mend that")
    return f"{place}{error.strerror or error}: {remedy}, then run it again"


@click.group(cls=_Command, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="stack", message="%(prog)s %(version)s")
@click.option(
    "--project",
    "directory",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    help="The directory with compose.yaml and config/.  [default: this one]",
)
@click.pass_context
def main(context: click.Context, directory: Path) -> None:
    """Drive the mail server of this project directory."""
    context.obj = Project(directory)


COMMANDS = (
    *(init, up, adopt, domain, user, alias, sendas, relay),
    *(spam, cert, dns, dkim, reports, status, settings),
)
for command in COMMANDS:
    main.add_command(command)
