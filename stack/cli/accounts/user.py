"""`stack user`: mailboxes and the logins to them."""

from typing import TYPE_CHECKING, Literal

import click

from stack.cli.support import arguments, password, size
from stack.cli.support.accounts import changing, reading
from stack.cli.support.output import as_json, say, show, table
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.accounts.store.models import User


@click.group()
def user() -> None:
    """Add, change, remove and list the users."""


@user.command()
@click.argument("address", type=arguments.user)
@password.options
@click.option("--quota", type=size.size, help="Room for mail: 2G, 500M.  [no limit]")
@click.option(
    "--keep-mail",
    "mail",
    flag_value="keep",
    help="With the mail of the user who had the address before.",
)
@click.option(
    "--new-mailbox",
    "mail",
    flag_value="new",
    help="Without it: that mail stays on the disk, and nobody sees it.",
)
@click.pass_obj
def add(
    project: Project,
    address: str,
    password_stdin: bool,
    generate: bool,
    quota: int | None,
    mail: Literal["keep", "new"] | None,
) -> None:
    """Give ADDRESS a mailbox and a login. It works at once."""
    from stack.accounts import users
    from stack.accounts.routing import graph

    with reading(project) as session:
        users.refuse_taken(session, address)
        users.refuse_without_mail_choice(session, address, mail)
    new = password.new(from_stdin=password_stdin, generate=generate)
    with changing(project) as session:
        key, before = graph.Routing(session).leads(address)
        users.add(session, address, new.hashed, quota or None, mail)
    say(f"Added {address}.")
    if key:
        say(
            f"Mail for {address} went to {', '.join(before)}, by the alias {key}: it"
            " goes to the new mailbox now."
        )
    if mail == "new":
        say(
            "What still waits in the queue for the user before gets there, too: `docker"
            " compose exec postfix postqueue -p` shows it."
        )
    password.tell(new)


@user.command()
@click.argument("address", type=arguments.user)
@password.options
@click.pass_obj
def passwd(
    project: Project, address: str, password_stdin: bool, generate: bool
) -> None:
    """Give ADDRESS another password; who logged in by the old one is cut off."""
    from stack.accounts import users
    from stack.accounts.store import database

    with reading(project) as session:
        users.named(session, address)
    new = password.new(from_stdin=password_stdin, generate=generate)
    with changing(project) as session:
        found = users.named(session, address)
        database.set_password(session, found, new.hashed)
    say(f"Changed the password of {address}.")
    password.tell(new)


@user.command()
@click.argument("address", type=arguments.user)
@click.argument("room", metavar="SIZE", type=size.size)
@click.pass_obj
def quota(project: Project, address: str, room: int) -> None:
    """Give ADDRESS room for SIZE of mail: 2G, 500M, or none for no limit."""
    _change(project, address, "quota_bytes", room or None)


@user.command()
@click.argument("address", type=arguments.user)
@click.pass_obj
def enable(project: Project, address: str) -> None:
    """Let ADDRESS log in and receive again."""
    _change(project, address, "enabled", True)


@user.command()
@click.argument("address", type=arguments.user)
@click.pass_obj
def disable(project: Project, address: str) -> None:
    """
    Let ADDRESS neither log in nor receive; its mail stays.

    Programs that are logged in can't send any more, and are cut off within seconds.
    """
    _change(project, address, "enabled", False)


@user.command()
@click.argument("address", type=arguments.user)
@click.pass_obj
def remove(project: Project, address: str) -> None:
    """
    Take the login ADDRESS away, with its rights to send; its mail stays.

    Who is logged in is cut off within seconds. If the address gets a user again, you
    say who is to see that mail: `stack user add --keep-mail` or `--new-mailbox`.
    """
    from stack.accounts import users

    with changing(project) as session:
        users.remove(session, address)
    say(f"Removed {address}. Its mail is kept, in the volume `mail`.")


@user.command("list")
@as_json
@click.pass_obj
def list_(project: Project, json_: bool) -> None:
    """Print each user, whether it may log in, and its quota."""
    from stack.accounts import users

    with reading(project) as session:
        found = users.listed(session)
        if json_:
            show([_fields(each) for each in found])
        else:
            table([_row(each) for each in found])


def _fields(user: "User") -> dict[str, object]:
    return {key: getattr(user, key) for key in ("address", "enabled", "quota_bytes")}


def _row(user: "User") -> tuple[str, str, str]:
    state = "enabled" if user.enabled else "disabled"
    return user.address, state, size.readable(user.quota_bytes)


def _change(project: Project, address: str, what: str, value: object) -> None:
    from stack.accounts import users

    with changing(project) as session:
        found = users.named(session, address)
        same = getattr(found, what) == value
        setattr(found, what, value)
    say("Nothing changed." if same else f"Changed {address}.")
