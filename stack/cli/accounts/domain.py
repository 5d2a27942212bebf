"""`stack domain`: the domains that mail is taken for."""

import click

from stack.cli.support import arguments, verdicts
from stack.cli.support.accounts import reading
from stack.cli.support.output import as_json, carry_out, say, show, table
from stack.system.project import Project

_names = click.argument(
    "names", metavar="NAME...", type=arguments.domain, nargs=-1, required=True
)


@click.group()
def domain() -> None:
    """Add, remove and list the mail domains."""


@domain.command()
@_names
@click.pass_obj
def add(project: Project, names: tuple[str, ...]) -> None:
    """Take mail for each domain NAME, and sign what it sends. All are added or none."""
    from stack.apply import plan
    from stack.config import envfile

    project.require()
    settings = envfile.load(project.env)
    with verdicts.waiting_for_verdicts(project), project.lock():
        changes = plan.domains_added(project, settings, names)
        carry_out(changes)
    _warn_of_nobody(project, names)
    if changes:
        say(f"Publish what `stack dns show` prints for {', '.join(names)}.")
    if changes and settings.web:
        say("Then `stack cert issue --web` gets the certificates for its names.")


def _warn_of_nobody(project: Project, names: tuple[str, ...]) -> None:
    """Tell which aliases lead into domains that are ours now, and to nobody there."""
    from stack.accounts import addresses
    from stack.accounts.routing import graph

    with reading(project) as session:
        dead = sorted(graph.Routing(session).dead_ends())
    for source, target in dead:
        if addresses.domain_of(target) in names:
            say(
                f"Warning: alias {source} → {target}: nobody has that address yet, and"
                f" mail for it waits: now `stack user add {target}`, or"
                f" `stack alias remove {source} {target}`"
            )


@domain.command()
@_names
@click.pass_obj
def remove(project: Project, names: tuple[str, ...]) -> None:
    """Take no more mail for each domain NAME, which has no users left: all or none."""
    from stack.apply import plan
    from stack.config import envfile

    project.require()
    with verdicts.waiting_for_verdicts(project), project.lock():
        carry_out(plan.domains_removed(project, envfile.load(project.env), names))
    for name in names:
        say(f"Its DKIM keys are kept, in {project.dkim / name}.")


@domain.command("list")
@as_json
@click.pass_obj
def list_(project: Project, json_: bool) -> None:
    """Print each domain with the number of its users."""
    from stack.accounts import domains

    with reading(project) as session:
        found = domains.listed(session)
    if json_:
        show([{"domain": name, "users": count} for name, count in found])
    else:
        table([(name, f"{n} user{'s' * (n != 1)}") for name, n in found])
