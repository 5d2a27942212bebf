"""`stack dns show`: the DNS records to publish."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from stack.cli.support.accounts import reading
from stack.cli.support.output import say, show, table
from stack.system.errors import UnableError
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.config.settings import Settings
    from stack.dns.records import CertificateFacts, Record, Subdomains

# An AAAA record would mislead: other servers try IPv6 first, some nothing else.
NO_IPV6 = "the mail ports are open on IPv4 alone, so nobody could connect to it"


@click.command("show")
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
def show_(project: Project, form: str) -> None:
    """
    Print the records to publish, domain by domain.

    Names below a domain that have aliases, or that a login may send from, stand with
    it. They need no DKIM and DMARC records of their own: the domain's hold for them.
    """
    from stack.config import envfile
    from stack.dns import records

    project.require()
    settings = envfile.load(project.env)
    keys = _keys(project, settings.mail_domain)
    subdomains = _subdomains(project)
    blocks = records.records(settings, keys, subdomains, _certified(project, settings))
    closed = [] if _listens_on_ipv6(project, settings) else _take(blocks, "AAAA")
    if form == "json":
        show([_block(domain, block) for domain, block in blocks.items()])
    elif form == "zone":
        click.echo(records.zone(blocks), nl=False)
        click.echo(records.commented_out(NO_IPV6, closed), nl=False)
    else:
        _tables(blocks)
    if form != "json":
        _hints(settings)
        _hint_at_send_only(
            subdomains.sent - subdomains.received - {*keys, settings.mail_hostname}
        )
    if closed:
        say(
            f"The AAAA record is left out: {NO_IPV6}. If something of yours passes IPv6"
            f" on to them, publish {closed[0].value} yourself."
        )


def _hint_at_send_only(names: "frozenset[str]") -> None:
    # Replies and bounces to such a name would be refused.
    for name in sorted(names):
        say(
            f"Nobody gets the answers to {name}, which is only sent from:"
            f" `stack alias add @{name} ADDRESS` takes them."
        )


def _listens_on_ipv6(project: Project, settings: "Settings") -> bool:
    """Say whether a mail port listens on IPv6, or PUBLIC_IPV6 is not set."""
    from stack.system import endpoints

    if not settings.public_ipv6:
        return True
    try:
        return any(each.family == "IPv6" for each in endpoints.find(project.root))
    except UnableError:
        return False


def _take(blocks: dict[str, list["Record"]], kind: str) -> list["Record"]:
    """Remove the records of a *kind* from *blocks*, and return them."""
    taken = [each for block in blocks.values() for each in block if each.type == kind]
    for block in blocks.values():
        block[:] = [each for each in block if each.type != kind]
    return taken


def _keys(project: Project, first: str) -> dict[str, dict[str, str]]:
    """Return the text of each DKIM record by domain and selector."""
    from stack.accounts.store import database
    from stack.dns import dkim_keys

    domains = database.domains(project.database)
    if first not in domains:
        raise UnableError(f"MAIL_DOMAIN={first} in .env is new: run `stack init` first")
    return {
        name: dkim_keys.records(project.dkim, dkim_keys.current(project.dkim, name))
        for name in domains
    }


def _subdomains(project: Project) -> "Subdomains":
    from stack.accounts import sender_rights
    from stack.accounts.addresses import domain_of
    from stack.accounts.routing import graph
    from stack.dns.records import Subdomains

    with reading(project) as session:
        rights = sender_rights.listed(session).values()
        return Subdomains(
            received=frozenset(map(domain_of, graph.listed(session))) - {""},
            sent=frozenset(domain_of(each) for held in rights for each in held),
        )


def _certified(project: Project, settings: "Settings") -> "CertificateFacts":
    from stack.certs import store
    from stack.dns import tlsa
    from stack.dns.records import CertificateFacts
    from stack.renewal import requests
    from stack.renewal.state import state_file

    remembered = state_file.load(project)
    known = requests.issued(project, remembered)
    served = store.load(project.tls).get(settings.mail_hostname)
    bundles = list(served.bundles.values()) if served else []
    for request in known:
        if request.name == settings.mail_hostname:
            bundles += requests.not_served(project, request)
    return CertificateFacts(
        tlsa=tuple(map(tlsa.record_for, bundles)),
        hosts=tuple(sorted({host for request in known for host in request.hosts})),
        authorities=tuple(remembered.authority_names.get(settings.acme_directory, [])),
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
    say(f"Ask your provider to name its address in reverse: {settings.mail_hostname}")
    for host in sorted({relay.host for relay in settings.relays.values()}):
        say(f"Add to v=spf1 what the operator of {host} tells you.")
