"""`stack cert show` and `check`: the certificates, and which ports serve them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from stack.cli.support.output import as_json, say, show, table
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.certs.store import Stored
    from stack.renewal.deployment.port_check import PortResult
    from stack.renewal.loop.expiry import Expiry

FAILED = 1

NOT_SERVED = (
    "is not what the ports marked above serve: `docker compose ps` shows which"
    " container has not taken it, and its log says why"
)


@click.command("show")
@as_json
@click.pass_obj
def show_(project: Project, json_: bool) -> None:
    """Print each certificate: its names, issuer, end and fingerprint."""
    from stack.certs import store
    from stack.renewal.loop import expiry

    project.require()
    stored = store.load(project.tls)
    expiries = {each.name: each for each in expiry.current(project)}
    rows = [row for each in stored.values() for row in _rows(each, expiries[each.name])]
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
    checked as by `stack cert import`.
    """
    from stack.certs import store
    from stack.certs.validation import condition
    from stack.config import envfile
    from stack.renewal.deployment import port_check
    from stack.renewal.loop import expiry
    from stack.system import endpoints

    project.require()
    settings = envfile.load(project.env)
    found = endpoints.find(project.root)
    stored, host = store.usable(project.tls), settings.mail_hostname
    results = port_check.check(found, stored, host)
    expiries = expiry.current(project)
    bad = condition.problems(project.tls, project.etc, host, datetime.now(UTC))
    missing = sorted(set(endpoints.SERVICES) - {each.port for each in found})
    if json_:
        show(
            {
                "ports": [_result_row(each) for each in results],
                "not_found": missing,
                "certificates": [_expiry_row(each) for each in expiries],
                "files": {f"var/tls/{file}": words for file, words in bad.items()},
            }
        )
    else:
        table([_result_line(each) for each in results])
        for each in expiries:
            if each.remark:
                say(f"{each.name}: {each.remark}.")
        for file, words in bad.items():
            say(f"var/tls/{file}: {words}.")
        for file in _not_served(results, stored, host) - bad.keys():
            say(f"var/tls/{file}: {NOT_SERVED}.")
        for port in missing:
            say(f"Port {port} is nowhere to be found: is the server running?")
    wrong = [
        *filter(lambda s: s.problem, results),
        *filter(lambda o: o.problem, expiries),
    ]
    if wrong or missing or bad:
        raise click.exceptions.Exit(FAILED)


def _not_served(
    results: Sequence["PortResult"], stored: Mapping[str, "Stored"], host: str
) -> set[str]:
    """Return the main file of each certificate that a port doesn't serve."""
    asked = {each.host for each in results if each.problem}
    return {
        each.files[0]
        for name, each in stored.items()
        if each.probe_host in asked or (name == host and "" in asked)
    }


def _rows(stored: "Stored", status: "Expiry") -> list[dict[str, Any]]:
    return [
        {
            "name": stored.name,
            "file": f"var/tls/{file}",
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
