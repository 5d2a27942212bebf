"""`stack sendas`: from which addresses beside its own a login may send."""

import click

from stack.cli.support import arguments
from stack.cli.support.accounts import changing, reading
from stack.cli.support.output import as_json, say, say_each, show_lists
from stack.system.project import Project


@click.group()
def sendas() -> None:
    """
    Let a login send from more than its own addresses.

    For applications: `stack sendas add app @books.example.com` lets app send from any
    address there. LOGIN is a user; without @ it is one of MAIL_DOMAIN.

    ADDRESS is one in a domain of this server or below one, another user's too.
    @DOMAIN is all of such a domain, with its aliases, but never another user's own
    address. Whoever has the password of LOGIN can write in the name of all of them.
    """


@sendas.command()
@click.argument("login", type=arguments.login)
@click.argument(
    "addresses",
    metavar="ADDRESS|@DOMAIN...",
    type=arguments.address_or_domain,
    nargs=-1,
    required=True,
)
@click.pass_obj
def add(project: Project, login: str, addresses: tuple[str, ...]) -> None:
    """Let LOGIN send from each ADDRESS, or all of a DOMAIN. It may at once."""
    from stack.accounts import sender_rights as rights
    from stack.accounts import users

    login = _in_full(project, login)
    with changing(project) as session:
        new = rights.add(session, users.named(session, login), addresses)
    say_each([f"{login} may send as {address}." for address in new])


@sendas.command()
@click.argument("login", type=arguments.login)
@click.argument(
    "addresses",
    metavar="[ADDRESS|@DOMAIN]...",
    type=arguments.address_or_domain,
    nargs=-1,
)
@click.pass_obj
def remove(project: Project, login: str, addresses: tuple[str, ...]) -> None:
    """Let LOGIN send no longer from ADDRESS, or from its own addresses alone."""
    from stack.accounts import sender_rights as rights
    from stack.accounts import users

    login = _in_full(project, login)
    with changing(project) as session:
        rights.remove(session, users.named(session, login), addresses)
    what = ", ".join(addresses) or "any address but its own"
    say(f"{login} may no longer send as {what}.")


@sendas.command("list")
@as_json
@click.pass_obj
def list_(project: Project, json_: bool) -> None:
    """Print each login that may send as others, and as whom."""
    from stack.accounts import sender_rights as rights

    with reading(project) as session:
        found = rights.listed(session)
    show_lists(found, as_json=json_, key="login", values="may_send_as")


def _in_full(project: Project, login: str) -> str:
    from stack.config import envfile

    if "@" in login:
        return login
    return f"{login}@{envfile.load(project.env).mail_domain}"
