"""`stack dns check`: what the DNS has, beside what it should have."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from stack.cli.dns import policies
from stack.cli.dns.wanted import Wanted, wanted
from stack.cli.support.arguments import domain
from stack.cli.support.arguments import resolvers as asked_resolvers
from stack.cli.support.output import as_json, say, show, table
from stack.system.errors import UnableError
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.config.settings import Settings
    from stack.dns.check.facts import Chain, Chains, Facts
    from stack.dns.check.finding import Finding
    from stack.system.endpoints import Endpoint

FAILED = 1

# Seconds. A new client waits for GREETING_DELAY; the DNS doesn't wait as long.
PORT_TIMEOUT = 8.0


@click.command()
@click.argument("domain", type=domain, required=False)
@asked_resolvers
@as_json
@click.pass_obj
def check(
    project: Project,
    domain: str | None,
    resolvers: tuple[tuple[str, int], ...],
    json_: bool,
) -> None:
    """
    Compare the DNS with what `dns show` prints; exit 1 if a record is wrong or missing.

    Each name server of a domain is asked itself, past all caches; where none can be
    reached, the resolver is asked. A warning alone is no failure. Exit 3 if nobody
    answers at all.
    """
    from stack.config import envfile

    project.require()
    settings = envfile.load(project.env)
    found = wanted(project, settings, domain)
    findings = look(project, settings, found, resolvers)
    # What a resolver of one's own says is not what the world sees.
    if found.policy and not resolvers:
        policies.note(project, found, findings)
    if json_:
        show([_row(each) for each in findings])
    else:
        _tables(findings)
    _refuse_silence(findings)
    if any(each.status.is_failure for each in findings):
        raise click.exceptions.Exit(FAILED)


def look(
    project: Project,
    settings: "Settings",
    found: Wanted,
    resolvers: Sequence[tuple[str, int]],
) -> "list[Finding]":
    """Return what the DNS has, beside what is *found* to be wanted."""
    from stack.dns.check import run
    from stack.dns.lookup import asker

    ask = asker.Asker(asker.resolver(resolvers))
    try:
        return run.findings(found.blocks, _facts(project, settings, found), ask)
    finally:
        ask.close()


def _facts(project: Project, settings: "Settings", found: Wanted) -> "Facts":
    from stack.certs.validation import trust
    from stack.dns.check.facts import Facts
    from stack.services.web import fetch
    from stack.system.endpoints import HTTPS

    client = trust.client(project)
    # If nothing listens on it, no mail leaves by it either.
    ipv6 = settings.public_ipv6 if found.listens_on_ipv6 else None
    names = {record.name for block in found.blocks.values() for record in block}
    relays = {name: settings.relay_of(name) for name in names}
    return Facts(
        hostname=settings.mail_hostname,
        first=settings.mail_domain,
        domains=found.domains,
        addresses=tuple(filter(None, (settings.public_ipv4, ipv6))),
        listens_on_ipv6=found.listens_on_ipv6,
        relays={name: relay.host for name, relay in relays.items() if relay},
        served=partial(_served, project, settings.mail_hostname),
        authorities=found.authorities,
        policy=found.policy,
        fetch=lambda host, path, at: fetch.fetch(client, host, path, at, HTTPS),
        is_trusted=partial(_is_trusted, project, settings.mail_hostname),
    )


def _is_trusted(project: Project, host: str) -> bool:
    """Say whether other servers trust each certificate that port 25 serves."""
    from stack.certs.validation import trust

    now, roots = datetime.now(UTC), trust.authorities(project)
    chains = _served(project, host)
    return bool(chains) and all(
        trust.is_trusted(each, host, now, roots) for each in chains
    )


def _served(project: Project, host: str) -> "Chains":
    """Return the chains that port 25 serves to clients that ask for *host*."""
    from stack.certs import store
    from stack.system import endpoints
    from stack.system.parallel import at_once

    stored = store.usable(project.tls).get(host)
    kinds: list[bool | None] = [None]
    if stored and len(stored.bundles) > 1:
        # Nobody may ask for a kind that is not there: Postfix logs a warning.
        kinds = [each.is_rsa for each in stored.bundles.values()]
    try:
        found = [each for each in endpoints.find(project.root) if each.port == 25]
    except UnableError:
        return ()
    asked = [partial(_chain, each, host, rsa) for each in found for rsa in kinds]
    return tuple(dict.fromkeys(filter(None, at_once(asked, PORT_TIMEOUT))))


def _chain(endpoint: "Endpoint", host: str, rsa: bool | None) -> "Chain | None":
    from stack.renewal.deployment import handshake

    try:
        return handshake.served_chain(endpoint, host, rsa=rsa)
    except OSError:
        return None


def _refuse_silence(findings: Sequence["Finding"]) -> None:
    from stack.dns.check.finding import Status

    if all(each.status is Status.UNKNOWN for each in findings):
        raise UnableError(
            "the DNS can't be reached: see that this machine's resolver answers, or"
            " name another one by --resolver ADDRESS"
        )


def _row(finding: "Finding") -> dict[str, Any]:
    from stack.dns.records import zone_line

    return {
        "domain": finding.domain,
        "name": finding.name,
        "kind": finding.kind,
        "status": str(finding.status),
        "found": list(finding.found),
        "wanted": [zone_line(each) for each in finding.wanted],
        "remark": finding.remark or None,
        "asked": finding.asked or None,
    }


def _tables(findings: Sequence["Finding"]) -> None:
    """Print a line for each finding, then each that is not right with its remedy."""
    from stack.dns.check.finding import Status

    table([_line(each) for each in findings])
    bad = [each for each in findings if each.status is not Status.OK]
    for each in bad:
        click.echo(f"\n{each.status}: {each.kind} {each.name}: {each.remark}.")
        _details(each)
    counts = [(status, [x for x in bad if x.status is status]) for status in Status]
    words = [f"{len(each)} {status}" for status, each in counts if each]
    say(f"{len(findings)} checked: {', '.join(words) or 'all right'}.")


def _line(finding: "Finding") -> tuple[str, ...]:
    from stack.dns.check.finding import Status

    remarks = [finding.remark] if finding.status is Status.OK else ["see below"]
    if finding.asked == "resolver":
        remarks.append("from the resolver")
    return (
        str(finding.status),
        finding.kind,
        finding.name,
        "; ".join(filter(None, remarks)),
    )


def _details(finding: "Finding") -> None:
    from stack.dns.records import zone_line

    for text in finding.found:
        click.echo(f"  has   {text}")
    for record in finding.wanted:
        click.echo(f"  want  {zone_line(record)}")
