"""The records that this project needs, from its settings, accounts, keys and files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from stack.cli.support.accounts import reading
from stack.system.errors import UnableError
from stack.system.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stack.config.settings import Settings
    from stack.dns.records import CertificateFacts, Record, Subdomains, WebFacts


@dataclass(frozen=True)
class Wanted:
    """What there is to publish."""

    blocks: dict[str, list["Record"]]
    """By domain, as `records.records` returns them."""
    domains: frozenset[str]
    """All domains of the server."""
    subdomains: "Subdomains"
    authorities: tuple[str, ...]
    """The CAA names of the authority that issues our certificates."""
    policy: str
    """The MTA-STS policy that the service web serves; empty if it serves none."""
    listens_on_ipv6: bool
    """Whether a mail port listens on IPv6, or PUBLIC_IPV6 is not set."""
    closed: list["Record"]
    """Records of PUBLIC_IPV6 that are left out, as no mail port listens on IPv6."""


def wanted(project: Project, settings: "Settings", domain: str | None) -> Wanted:
    """
    Return the records to publish, or those of *domain* alone.

    Raises:
        UnableError: When accounts, keys or certificates are not there yet.
        click.BadParameter: When *domain* is none of ours.
    """
    from stack.dns import records

    keys = _keys(project, settings.mail_domain)
    if domain and domain not in keys:
        raise click.BadParameter(
            f"{domain} is no domain of this server: `stack domain list` shows them"
        )
    subdomains, certified = _subdomains(project), _certified(project, settings)
    web = _web(project, settings, keys)
    blocks = records.records(settings, keys, subdomains, certified, web)
    if domain:
        blocks = {domain: blocks[domain]}
    listens = not settings.public_ipv6 or _listens_on_ipv6(project)
    return Wanted(
        blocks=blocks,
        domains=frozenset(keys),
        subdomains=subdomains,
        authorities=certified.authorities,
        policy=web.policy if web.sites else "",
        listens_on_ipv6=listens,
        closed=[] if listens else _take(blocks, _is_of_ipv6),
    )


def _is_of_ipv6(record: "Record") -> bool:
    return record.type == "AAAA" or record.name.endswith(".ip6.arpa")


def _take(
    blocks: dict[str, list["Record"]], is_taken: Callable[["Record"], bool]
) -> list["Record"]:
    """Remove records from *blocks*, and return them."""
    taken = [each for block in blocks.values() for each in block if is_taken(each)]
    for block in blocks.values():
        block[:] = [each for each in block if not is_taken(each)]
    return taken


def _listens_on_ipv6(project: Project) -> bool:
    """Say whether a mail port listens on IPv6."""
    from stack.system import endpoints

    try:
        return any(each.family == "IPv6" for each in endpoints.find(project.root))
    except UnableError:
        return False


def _keys(project: Project, first: str) -> dict[str, dict[str, str]]:
    """Return the text of each DKIM record by domain and selector."""
    from stack.accounts.store import database
    from stack.dns.dkim import rotation

    domains, now = database.domains(project.database), datetime.now(UTC)
    if first not in domains:
        raise UnableError(f"MAIL_DOMAIN={first} in .env is new: run `stack init` first")
    return {name: rotation.published(project.dkim, name, now) for name in domains}


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
    from stack.services.web import sites

    remembered = state_file.load(project)
    # Their names are aliases, which can have no other record.
    web = set(sites.hosts(project))
    known = requests.issued(project, remembered)
    served = store.load(project.tls).get(settings.mail_hostname)
    bundles = list(served.bundles.values()) if served else []
    for request in known:
        if request.name == settings.mail_hostname:
            bundles += requests.not_served(project, request)
    return CertificateFacts(
        tlsa=tuple(map(tlsa.record_for, bundles)),
        hosts=tuple(
            sorted({host for request in known for host in request.hosts} - web)
        ),
        authorities=tuple(remembered.authority_names.get(settings.acme_directory, [])),
    )


def _web(
    project: Project, settings: "Settings", domains: "Iterable[str]"
) -> "WebFacts":
    from stack.dns.records import WebFacts
    from stack.services.web import mta_sts, sites

    return WebFacts(tuple(sites.sites(settings, domains, {})), mta_sts.policy(project))
