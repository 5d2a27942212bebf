"""`stack dns show`: the DNS records to publish."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from stack.cli.dns.wanted import wanted
from stack.cli.support.arguments import domain
from stack.cli.support.output import say, show, table
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.cli.dns.wanted import Wanted
    from stack.config.settings import Settings
    from stack.dns.records import Record

# An AAAA record would mislead: other servers try IPv6 first, some nothing else.
NO_IPV6 = "the mail ports are open on IPv4 alone, so nobody could connect to it"

NO_USE = "no mail is on its way that these keys have signed, so remove"

# In no zone of the operator's, so a zone file must not hold it.
REVERSE = "for whoever provides the address: its name in the reverse DNS"


@click.command("show")
@click.argument("domain", type=domain, required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "zone", "json"]),
    default="table",
    show_default=True,
    help="For people, for a zone file, for programs.",
)
@click.option("--json", "form", flag_value="json", help="The same as --format json.")
@click.pass_obj
def show_(project: Project, domain: str | None, form: str) -> None:
    """
    Print the records to publish, domain by domain, or those of DOMAIN alone.

    Names below a domain that have aliases, or that a login may send from, stand with
    it. They need no DKIM and DMARC records of their own: the domain's hold for them.
    """
    from stack.config import envfile

    project.require()
    settings = envfile.load(project.env)
    found = wanted(project, settings, domain)
    if form == "json":
        show([_block(domain, block) for domain, block in found.blocks.items()])
    elif form == "zone":
        _zone(project, found)
    else:
        _tables(found.blocks)
    if form != "json":
        _hints(settings)
        _hint_at_rotations(project, found.blocks)
        _hint_at_send_only(_send_only(found, settings))
    if found.closed:
        say(
            f"The AAAA record is left out: {NO_IPV6}. If something of yours passes IPv6"
            f" on to them, publish {found.closed[0].value} yourself."
        )


def _hint_at_rotations(project: Project, domains: Iterable[str]) -> None:
    from stack.dns.dkim import overview, state

    for name in domains:
        known = state.load(project.dkim, name)
        for line in overview.to_do(project.dkim, name, known, datetime.now(UTC)):
            say(f"DKIM keys of {name}: {line}.")


def _zone(project: Project, found: "Wanted") -> None:
    from stack.dns import records

    every = [record for block in found.blocks.values() for record in block]
    reverse = [each for each in every if each.type == "PTR"]
    click.echo(records.zone(found.blocks), nl=False)
    click.echo(records.commented_out(REVERSE, reverse), nl=False)
    click.echo(records.commented_out(NO_IPV6, found.closed), nl=False)
    unneeded = _unneeded(project, found.blocks)
    click.echo(records.commented_out(NO_USE, unneeded), nl=False)


def _unneeded(project: Project, domains: Iterable[str]) -> list["Record"]:
    """Return the records of retired DKIM keys that are to be removed."""
    from stack.dns.dkim import overview
    from stack.dns.records import Record

    now = datetime.now(UTC)
    return [
        Record(key.name, "TXT", key.record)
        for domain in domains
        for key in overview.of(project.dkim, domain, now)
        if key.phase == "remove"
    ]


def _send_only(found: "Wanted", settings: "Settings") -> "frozenset[str]":
    """Return the names among those shown that only send."""
    known = {*found.domains, settings.mail_hostname}
    shown = {record.name for block in found.blocks.values() for record in block}
    return (found.subdomains.sent - found.subdomains.received - known) & shown


def _hint_at_send_only(names: "frozenset[str]") -> None:
    # Replies and bounces to such a name would be refused.
    for name in sorted(names):
        say(
            f"Nobody gets the answers to {name}, which is only sent from:"
            f" `stack alias add @{name} ADDRESS` takes them."
        )


def _block(domain: str, block: list["Record"]) -> dict[str, object]:
    return {"domain": domain, "records": [asdict(record) for record in block]}


def _tables(blocks: dict[str, list["Record"]]) -> None:
    for number, block in enumerate(blocks.values()):
        if number:
            click.echo()
        table([(record.name, record.type, record.value) for record in block])


def _hints(settings: "Settings") -> None:
    say("Publish TLSA only where the DNS of the domain is signed (DNSSEC).")
    if not (settings.public_ipv4 or settings.public_ipv6):
        say("To see A and AAAA records too, set PUBLIC_IPV4 and PUBLIC_IPV6 in .env.")
    say(
        "The PTR record is not for your zone: ask the provider of the address to name"
        f" it {settings.mail_hostname}."
    )
    for host in sorted({relay.host for relay in settings.relays.values()}):
        say(f"Add to v=spf1 what the operator of {host} tells you.")
