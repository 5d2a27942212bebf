"""`stack cert show` and `check`: the certificates, and which ports serve them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from stack.cli.support.output import as_json, say, show, table
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.certs.store import Stored
    from stack.renewal.deployment.port_check import PortResult
    from stack.renewal.loop.expiry import Expiry
    from stack.services.web.places import Place

FAILED = 1

NOT_SERVED = (
    "is not what the ports marked above serve: `docker compose ps` shows which"
    " container has not taken it, and its log says why"
)

NO_WEB_CERTIFICATE = (
    "is missing, so the service web doesn't answer for that name: publish what `stack"
    " dns show` prints for it, then `stack cert issue --web`"
)


@click.command("show")
@as_json
@click.pass_obj
def show_(project: Project, json_: bool) -> None:
    """Print each certificate: its names, issuer, end and fingerprint."""
    from stack.certs import store
    from stack.renewal import requests
    from stack.renewal.loop import expiry
    from stack.services.web import places

    project.require()
    stored = store.load(project.tls) | requests.in_use(project)
    expiries = {each.name: each for each in expiry.current(project)}
    rows = [
        row
        for each in stored.values()
        for row in _rows(each, places.of(project, each.name), expiries[each.name])
    ]
    if json_:
        show(rows)
    else:
        table([_line(row) for row in rows])


@click.command()
@as_json
@click.pass_obj
def check(project: Project, json_: bool) -> None:
    """
    Check what each mail port serves, and the renewals; exit 1 if anything is wrong.

    Every port is asked on all its addresses, for each certificate and without SNI. The
    whole chain, its names and dates must be those in var/tls. Each file in var/tls is
    checked as by `stack cert import`. With WEB=yes, port 443 and var/web are, too.
    """
    from stack.config import envfile
    from stack.renewal.loop import expiry

    project.require()
    settings = envfile.load(project.env)
    found = _mail(project, settings.mail_hostname)
    if hosts := _web_hosts(project):
        found = found.and_(_web(project, hosts))
    expiries = expiry.current(project)
    if json_:
        show(
            {
                "ports": [_result_row(each) for each in found.results],
                "not_found": found.missing,
                "certificates": [_expiry_row(each) for each in expiries],
                "files": found.files,
            }
        )
    else:
        table([_result_line(each) for each in found.results])
        for each in expiries:
            if each.remark:
                say(f"{each.name}: {each.remark}.")
        for file, words in found.files.items():
            say(f"{file}: {words}.")
        for file in sorted(found.not_served - found.files.keys()):
            say(f"{file}: {NOT_SERVED}.")
        for port in found.missing:
            say(f"Port {port} is nowhere to be found: is the server running?")
    wrong = [
        *filter(lambda s: s.problem, found.results),
        *filter(lambda o: o.problem, expiries),
    ]
    if wrong or found.missing or found.files:
        raise click.exceptions.Exit(FAILED)


@dataclass(frozen=True)
class _Found:
    """What was found of some ports and of the folder of their certificates."""

    results: "Sequence[PortResult]"
    missing: Sequence[int]
    """The ports that are nowhere to be found."""
    files: Mapping[str, str]
    """What is wrong with a file, by its path."""
    not_served: frozenset[str]
    """The files that a port does not serve, by their paths."""

    def and_(self, other: "_Found") -> "_Found":
        return _Found(
            [*self.results, *other.results],
            [*self.missing, *other.missing],
            {**self.files, **other.files},
            self.not_served | other.not_served,
        )


def _mail(project: Project, host: str) -> _Found:
    from stack.certs import store
    from stack.certs.validation import condition
    from stack.services.web.places import MAIL

    now = datetime.now(UTC)
    bad = condition.problems(project.tls, project.etc, host, now)
    return _found(project, MAIL, store.usable(project.tls), host, bad)


def _web_hosts(project: Project) -> list[str]:
    from stack.services.web import sites

    return sites.hosts(project)


def _web(project: Project, hosts: Sequence[str]) -> _Found:
    from stack.certs import store
    from stack.certs.validation import condition
    from stack.services.web.places import WEB

    known = store.usable(project.web)
    missing = {
        store.files_of(host)[0]: NO_WEB_CERTIFICATE
        for host in hosts
        if host not in known
    }
    stored = {host: known[host] for host in hosts if host in known}
    bad = missing | condition.web_problems(project.web, datetime.now(UTC))
    return _found(project, WEB, stored, None, bad)


def _found(
    project: Project,
    place: "Place",
    stored: Mapping[str, "Stored"],
    host: str | None,
    bad: Mapping[str, str],
) -> _Found:
    from stack.renewal.deployment import port_check

    ports = place.find(project.root)
    results = port_check.check(ports, stored, host)
    return _Found(
        results,
        sorted(set(place.services) - {each.port for each in ports}),
        {f"var/{place.name}/{file}": words for file, words in bad.items()},
        frozenset(
            f"var/{place.name}/{file}" for file in _not_served(results, stored, host)
        ),
    )


def _not_served(
    results: Sequence["PortResult"], stored: Mapping[str, "Stored"], host: str | None
) -> set[str]:
    """Return the main file of each certificate that a port doesn't serve."""
    asked = {each.host for each in results if each.problem}
    return {
        each.files[0]
        for name, each in stored.items()
        if each.probe_host in asked or (name == host and "" in asked)
    }


def _rows(stored: "Stored", place: "Place", status: "Expiry") -> list[dict[str, Any]]:
    return [
        {
            "name": stored.name,
            "file": f"var/{place.name}/{file}",
            "hosts": list(bundle.names),
            "key": bundle.key_type,
            "issuer": bundle.issuer,
            "not_after": bundle.not_after.isoformat(),
            "sha256": bundle.fingerprint,
            "tlsa": f"3 1 1 {bundle.key_digest}",
            "comes_from": status.comes_from,
            "remark": status.remark,
        }
        for file, bundle in stored.bundles.items()
    ]


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    hosts = ", ".join(row["hosts"])
    end = row["not_after"][:16].replace("T", " ")
    return hosts, row["key"], f"by {row['issuer']}", f"until {end} UTC", row["sha256"]


def _result_row(result: "PortResult") -> dict[str, Any]:
    return {
        "port": result.endpoint.port,
        "address": result.endpoint.address,
        "family": result.endpoint.family,
        "host": result.host or None,
        "key": result.key,
        "sha256": result.fingerprint or None,
        "problem": result.problem or None,
    }


def _expiry_row(status: "Expiry") -> dict[str, Any]:
    return {
        "name": status.name,
        "not_after": status.not_after.isoformat(),
        "comes_from": status.comes_from,
        "remark": status.remark or None,
        "problem": status.problem,
        "urgent": status.urgent,
    }


def _result_line(result: "PortResult") -> tuple[str, ...]:
    asked = result.host or "(no name)"
    return str(result.endpoint), asked, result.key, result.problem or "ok"
