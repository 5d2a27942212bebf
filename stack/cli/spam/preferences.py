"""`stack spam threshold`, `welcome` and `block`: what is spam to whom."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from stack.cli.support import arguments
from stack.cli.support.output import as_json, say, show, table
from stack.system.project import Project

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from stack.accounts.store.models import User
    from stack.spam.preferences import Verdict

EVERYBODY = "everybody"


@click.command()
@click.argument("address", metavar="USER", type=arguments.user)
@click.argument("points", required=False, type=click.IntRange(1, 50))
@click.option("--site", is_flag=True, help="Let SPAM_MARK_SCORE hold again.")
@as_json
@click.pass_obj
def threshold(
    project: Project, address: str, points: int | None, site: bool, json_: bool
) -> None:
    """
    Print from which score on mail is spam to USER, or set it.

    1 to 50, in place of SPAM_MARK_SCORE. What reaches SPAM_REJECT_SCORE is refused
    for everybody.
    """
    if points and site:
        raise click.UsageError("give POINTS or --site, not both")
    from stack.accounts import users
    from stack.accounts.store import database

    project.require()
    if not points and not site:
        return _show_threshold(project, address, json_)
    with project.lock(), database.session(project.database) as session:
        users.named(session, address).spam_threshold = points
    what = f"{points} points" if points else "the site's SPAM_MARK_SCORE"
    say(f"From {what} on, mail goes to the Junk of {address}.")
    return None


def _show_threshold(project: Project, address: str, json_: bool) -> None:
    from stack.accounts import users
    from stack.accounts.store import database
    from stack.config import envfile

    with database.session(project.database) as session:
        own = users.named(session, address).spam_threshold
    points = own or envfile.load(project.env).spam_mark_score
    if json_:
        show({"user": address, "threshold": points, "own": own is not None})
    else:
        click.echo(f"{points:g}" + ("" if own else "  (SPAM_MARK_SCORE)"))


@click.group()
def welcome() -> None:
    """
    Senders whose mail goes to the inbox, whatever its score.

    Anybody can write any name into From:, so it counts only for mail whose domain in
    From: is proven by SPF or DKIM (DMARC). What reaches SPAM_REJECT_SCORE is refused
    all the same, and a sender who is blocked, too, is blocked.
    """


@click.group()
def block() -> None:
    """
    Senders whose mail goes to Junk.

    It isn't refused: they learn nothing, and nothing is lost.
    """


entries = click.argument(
    "entries",
    metavar="ADDRESS|@DOMAIN...",
    type=arguments.address_or_domain,
    nargs=-1,
    required=True,
)
for_user = click.option(
    "--user",
    "address",
    type=arguments.user,
    help="Only for this user.  [default: for everybody]",
)


@click.command()
@entries
@for_user
@click.pass_context
def add(context: click.Context, entries: tuple[str, ...], address: str | None) -> None:
    """
    Put each ADDRESS, or all of a DOMAIN, on the list.

    @DOMAIN doesn't cover the names below it. What a user has listed counts, for that
    user, in place of what is listed for everybody under the same name.
    """
    from stack.spam import preferences

    with _opened(context, address) as (session, user):
        new = preferences.add(session, _verdict(context), user, entries)
    for each in new:
        say(f"Added {each} to the {_verdict(context)} list of {address or EVERYBODY}.")
    if not new:
        say("Nothing changed.")


@click.command()
@entries
@for_user
@click.pass_context
def remove(
    context: click.Context, entries: tuple[str, ...], address: str | None
) -> None:
    """Take each ADDRESS, or DOMAIN, off the list."""
    from stack.spam import preferences

    with _opened(context, address) as (session, user):
        preferences.remove(session, _verdict(context), user, entries)
    for each in entries:
        say(
            f"Removed {each} from the {_verdict(context)} list of"
            f" {address or EVERYBODY}."
        )


@click.command("list")
@click.option(
    "--user", "address", type=arguments.user, help="Only what counts for this user."
)
@as_json
@click.pass_context
def list_(context: click.Context, address: str | None, json_: bool) -> None:
    """Print each entry, and whom it is for."""
    from stack.spam import preferences

    with _opened(context, address) as (session, user):
        found = preferences.listed(session, _verdict(context), user)
    if json_:
        show([each._asdict() for each in found])
    else:
        table([(each.address, each.user or EVERYBODY) for each in found])


for group in (welcome, block):
    for command in (add, remove, list_):
        group.add_command(command)


def _verdict(context: click.Context) -> "Verdict":
    """Tell which list it is: the group that the command was called in."""
    parent = context.parent
    return "block" if parent and parent.command is block else "welcome"


@contextmanager
def _opened(
    context: click.Context, address: str | None
) -> Iterator[tuple["Session", "User | None"]]:
    """Open the accounts, and find the user *address*, if one is named."""
    from stack.accounts import users
    from stack.accounts.store import database

    project: Project = context.obj
    project.require()
    with project.lock(), database.session(project.database) as session:
        yield session, users.named(session, address) if address else None
