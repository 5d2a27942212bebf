"""`stack alias`: addresses that lead to others."""

import click

from stack.cli.support import arguments
from stack.cli.support.accounts import changing, reading
from stack.cli.support.output import as_json, say, say_each, show_lists
from stack.system.project import Project


@click.group()
def alias() -> None:
    """
    Add, remove and list the aliases.

    SOURCE is an address, @DOMAIN for all of a domain that has no user or alias of
    its own, or a bare name like `postmaster` for that name in every domain. Its domain
    may also be below one of ours: mail for it is taken from the first alias on.

    TARGET is an address, here or elsewhere. If both are @DOMAIN, the first is an alias
    domain: NAME@first is NAME@second, if somebody has that address. Both are domains
    of this server, and the second has mailboxes: it is no alias domain itself.

    What is written for a user's own address takes that user's mail away, unless the
    address is among the targets: then the mailbox keeps a copy.
    """


@alias.command()
@click.argument("source", type=arguments.source)
@click.argument(
    "targets",
    metavar="TARGET...",
    type=arguments.address_or_domain,
    nargs=-1,
    required=True,
)
@click.option(
    "--instead",
    is_flag=True,
    help="Also when SOURCE is a user, who then gets no mail any more.",
)
@click.pass_obj
def add(project: Project, source: str, targets: tuple[str, ...], instead: bool) -> None:
    """Send mail for SOURCE to each TARGET."""
    from stack.accounts import aliases

    with changing(project) as session:
        if not instead:
            aliases.refuse_taking(session, source, targets)
        new = aliases.add(session, source, targets)
    say_each([f"Added {source} → {target}." for target in new])


@alias.command()
@click.argument("source", type=arguments.source)
@click.argument(
    "targets", metavar="[TARGET]...", type=arguments.address_or_domain, nargs=-1
)
@click.pass_obj
def remove(project: Project, source: str, targets: tuple[str, ...]) -> None:
    """Send mail for SOURCE no longer to TARGET, or to none at all."""
    from stack.accounts import aliases

    with changing(project) as session:
        aliases.remove(session, source, targets)
        elsewhere = aliases.without_mailbox(session, source)
    say(f"Removed {source}" + "".join(f" → {each}" for each in targets) + ".")
    if elsewhere:
        say(
            f"Mail for {source} does not reach that mailbox, it goes to"
            f" {', '.join(elsewhere)} alone."
        )


@alias.command("list")
@as_json
@click.pass_obj
def list_(project: Project, json_: bool) -> None:
    """Print each source with its targets."""
    from stack.accounts.routing import graph

    with reading(project) as session:
        found = graph.listed(session)
    show_lists(found, as_json=json_, key="source", values="targets")
