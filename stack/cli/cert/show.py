"""`stack cert show` and `check`: what there is, and what the ports serve."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from stack.cli.support.output import as_json, say, show, table
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.certs.store import Stored
    from stack.renewal.deployment.port_check import Sight
    from stack.renewal.loop.expiry import Outlook

FAILED = 1

NOT_SERVED = (
    "is not what the ports marked above serve: `docker compose ps` shows which"
    " container has not taken it, and its log says why"
)


@click.command("show")
@as_json
@click.pass_obj
def show_(project: Project, json_: bool) -> None:
    """Print each certificate: for whom, by whom, until when, its fingerprint."""
    from stack.certs import store
    from stack.renewal.loop import expiry

    project.require()
    stored = store.load(project.tls)
    outlooks = {each.name: each for each in expiry.outlooks(project)}
    rows = [row for each in stored.values() for row in _rows(each, outlooks[each.name])]
    if json_:
        show(rows)
    else:
        table([_line(row) for row in rows])


@click.command()
@as_json
@click.pass_obj
def check(project: Project, json_: bool) -> None:
    """
    Look at what each mail port serves, and at the renewals; exit 1 if all isn't well.

    Every port is asked on every address it has, for each certificate and for no name:
    the whole chain, its names and dates are compared with what should be served. Each
    file in var/tls is judged as `stack cert import` does.
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
    stored, host = store.sound(project.tls), settings.mail_hostname
    sights = port_check.look(found, stored, host)
    outlooks = expiry.outlooks(project)
    bad = condition.troubles(project.tls, project.etc, host, datetime.now(UTC))
    missing = sorted(set(endpoints.SERVICES) - {each.port for each in found})
    if json_:
        show(
            {
                "ports": [_sight(each) for each in sights],
                "not_found": missing,
                "certificates": [_outlook(each) for each in outlooks],
                "files": {f"var/tls/{file}": words for file, words in bad.items()},
            }
        )
    else:
        table([_seen(each) for each in sights])
        for each in outlooks:
            if each.remark:
                say(f"{each.name}: {each.remark}.")
        for file, words in bad.items():
            say(f"var/tls/{file}: {words}.")
        for file in _not_served(sights, stored, host) - bad.keys():
            say(f"var/tls/{file}: {NOT_SERVED}.")
        for port in missing:
            say(f"Port {port} is nowhere to be found: is the server running?")
    wrong = [
        *filter(lambda s: s.problem, sights),
        *filter(lambda o: o.problem, outlooks),
    ]
    if wrong or missing or bad:
        raise click.exceptions.Exit(FAILED)


def _not_served(
    sights: Sequence["Sight"], stored: Mapping[str, "Stored"], host: str
) -> set[str]:
    """Return the first file of each certificate that a port doesn't serve."""
    asked = {each.host for each in sights if each.problem}
    return {
        each.files[0]
        for name, each in stored.items()
        if each.sample in asked or (name == host and "" in asked)
    }


def _rows(stored: "Stored", outlook: "Outlook") -> list[dict[str, Any]]:
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
            "comes_from": outlook.comes_from,
            "remark": outlook.remark,
        }
        for file, bundle in stored.bundles.items()
    ]


def _line(row: dict[str, Any]) -> tuple[str, ...]:
    hosts = ", ".join(row["hosts"])
    end = row["not_after"][:16].replace("T", " ")
    return hosts, row["key"], f"by {row['issuer']}", f"until {end} UTC", row["sha256"]


def _sight(sight: "Sight") -> dict[str, Any]:
    return {
        "port": sight.endpoint.port,
        "address": sight.endpoint.address,
        "family": sight.endpoint.family,
        "host": sight.host or None,
        "key": sight.key,
        "sha256": sight.fingerprint or None,
        "problem": sight.problem or None,
    }


def _outlook(outlook: "Outlook") -> dict[str, Any]:
    return {
        "name": outlook.name,
        "not_after": outlook.not_after.isoformat(),
        "comes_from": outlook.comes_from,
        "remark": outlook.remark or None,
        "problem": outlook.problem,
        "urgent": outlook.urgent,
    }


def _seen(sight: "Sight") -> tuple[str, ...]:
    asked = sight.host or "(no name)"
    return str(sight.endpoint), asked, sight.key, sight.problem or "ok"
