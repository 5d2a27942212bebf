"""`stack dkim rotate`: new keys, in two steps."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from stack.cli.dns.dkim import steps
from stack.cli.support import arguments, terminal
from stack.cli.support.output import carry_out, say, table
from stack.system.errors import StackError
from stack.system.project import Project

if TYPE_CHECKING:
    import dns.resolver

    from stack.dns.dkim.state import DomainKeys

# Octets of a record that no longer fits into a UDP answer of old, with what is around.
LONG = 450


@click.command()
@click.argument("domains", metavar="[DOMAIN]...", type=arguments.domain, nargs=-1)
@click.option("--all", "all_", is_flag=True, help="Those of every domain.")
@click.option(
    "--now",
    is_flag=True,
    help="Sign with the next keys at once, whatever the DNS shows: until their records"
    " are published everywhere, receivers find no valid signature on your mail.",
)
@click.option(
    "--bits",
    type=click.Choice(["2048", "4096"]),
    help="The length of the next RSA key.  [default: DKIM_RSA_BITS]",
)
@arguments.resolvers
@click.pass_obj
def rotate(
    project: Project,
    domains: tuple[str, ...],
    all_: bool,
    now: bool,
    bits: str | None,
    resolvers: tuple[tuple[str, int], ...],
) -> None:
    """
    Replace the keys of each DOMAIN, in two steps.

    The first time, makes the next keys and prints their DNS records, to be published
    beside the others. The second time, asks every name server of the domain for them:
    if all show both, mail is signed with the next keys, and the private keys before
    are destroyed; otherwise says where they are missing, and exits 1. `stack init`
    takes the second step, too. `stack dkim show` tells when the old records may go.
    """
    from stack.config import envfile
    from stack.dns.dkim import state
    from stack.dns.lookup import asker

    project.require()
    settings = envfile.load(project.env)
    if all_ == bool(domains):
        raise click.UsageError("name domains, or give --all")
    names = steps.chosen(project, domains)
    begun = _begin(project, names, int(bits) if bits else None, settings.dkim_rsa_bits)
    asked = asker.resolver(resolvers)
    waiting = [] if now else [each for each in names if each not in begun]
    checked, missing = _look(project, waiting, asked)
    if now:
        checked = {name: state.load(project.dkim, name) for name in names}
    if begun:
        _print_records(project, begun, now=now)
    steps.switch(project, settings, checked)
    steps.destroy(project, names)
    steps.forget(project, names, asked)
    if missing:
        raise StackError(*missing)


def _look(
    project: Project, names: list[str], resolver: "dns.resolver.Resolver"
) -> tuple[dict[str, "DomainKeys"], list[str]]:
    """Return the keys of *names* that the DNS shows, and what is missing of others."""
    from stack.dns.dkim import state

    checked, missing = {}, []
    # A silent name server takes its time.
    with terminal.progress(names) as shown:
        for name in shown:
            known = state.load(project.dkim, name)
            pair = known.next
            if pair and (lines := steps.not_shown(project, name, pair, resolver)):
                missing += lines
            else:
                checked[name] = known
    return checked, missing


def _begin(
    project: Project, names: list[str], bits: int | None, usual: int
) -> list[str]:
    """Make the next keys of those of *names* that have none; return these."""
    from stack.apply import plan
    from stack.dns.dkim import state

    with project.lock():
        new = [each for each in names if not state.load(project.dkim, each).next]
        for name in names if bits else ():
            if name not in new:
                raise StackError(
                    f"{name}: its next keys are made already, and --bits is for new"
                    " ones: finish this rotation without it first"
                )
        at = datetime.now(UTC)
        plans = [plan.dkim_begun(project, each, bits or usual, at) for each in new]
        if new:
            carry_out([change for changes in plans for change in changes])
    return new


def _print_records(project: Project, names: list[str], *, now: bool) -> None:
    from stack.dns.dkim import state

    rows = []
    for name in names:
        if pair := state.load(project.dkim, name).next:
            records = pair.records_of(project.dkim / name)
            rows += [(state.record_name(k, name), "TXT", records[k]) for k in records]
    table(rows)
    again = "" if now else f" Then run `stack dkim rotate {' '.join(names)}` again."
    say(f"Publish these records beside those there are.{again}")
    if any(len(text) > LONG for _, _, text in rows):
        say(
            "A record of an RSA key with 4096 bits needs a name server that answers by"
            " TCP or EDNS: see that it gives the whole text, in three strings."
        )
