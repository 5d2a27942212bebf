"""`stack spam threshold`, `welcome` and `block`: spam preferences."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from stack.cli.support import arguments
from stack.cli.support.accounts import changing, reading
from stack.cli.support.output import as_json, say, show, table
from stack.system.project import Project

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from stack.accounts.store.models import User
    from stack.services.spam.preferences import Verdict

EVERYBODY = "everybody"


@click.command()
@click.argument("address", metavar="USER", type=arguments.user)
@click.argument("points", required=False, type=click.IntRange(1, 50))
@click.option("--site", is_flag=True, help="Use SPAM_MARK_SCORE again.")
@as_json
@click.pass_obj
def threshold(
    project: Project, address: str, points: int | None, site: bool, json_: bool
) -> None:
    """
    Print the score from which mail is spam for USER, or set it.

    POINTS, 1 to 50, replace SPAM_MARK_SCORE. Mail that reaches SPAM_REJECT_SCORE is
    refused for everybody.
    """
    if points and site:
        raise click.UsageError("give POINTS or --site, not both")
    from stack.accounts import users

    if not points and not site:
        return _show_threshold(project, address, json_)
    with changing(project) as session:
        users.named(session, address).spam_threshold = points
    what = f"{points} points" if points else "the site's SPAM_MARK_SCORE"
    say(f"From {what} on, mail goes to the Junk of {address}.")
    return None


def _show_threshold(project: Project, address: str, json_: bool) -> None:
    from stack.accounts import users
    from stack.config import envfile

    with reading(project) as session:
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

    An entry counts only if SPF or DKIM proves the domain in From: (DMARC), as anybody
    can forge that header. Mail that reaches SPAM_REJECT_SCORE is refused all the same.
    A sender on both lists is blocked.
    """


@click.group()
def block() -> None:
    """
    Senders whose mail goes to Junk.

    The mail is accepted: the sender learns nothing, and no mail is lost.
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
    Add each ADDRESS, or a whole DOMAIN, to the list.

    @DOMAIN doesn't cover subdomains. For a user, the user's own entry overrides the
    entry for everybody with the same address.
    """
    from stack.services.spam import preferences

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
    """Remove each ADDRESS, or DOMAIN, from the list."""
    from stack.services.spam import preferences

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
    """Print each entry, and the user it is for."""
    from stack.services.spam import preferences

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
    """Return the list: the group that the command was called in."""
    parent = context.parent
    return "block" if parent and parent.command is block else "welcome"


@contextmanager
def _opened(
    context: click.Context, address: str | None
) -> Iterator[tuple["Session", "User | None"]]:
    """Open the accounts, and find the user *address*, if one is named."""
    from stack.accounts import users

    project: Project = context.obj
    with changing(project) as session:
        yield session, users.named(session, address) if address else None
