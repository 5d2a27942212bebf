"""`stack reports`: who sends as our domains, how TLS fares, and what was refused."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from stack.cli.support import arguments
from stack.cli.support.output import as_json, say, show, table
from stack.system.project import Project

if TYPE_CHECKING:
    from stack.services.reports.database import Reader
    from stack.services.reports.dmarc import Sender
    from stack.services.reports.tls import Failure, Host

# Refused messages of as many kinds are shown.
FEW = 10


@click.command()
@click.argument(
    "kind", metavar="[dmarc|tls]", type=click.Choice(["dmarc", "tls"]), required=False
)
@click.option(
    "--domain",
    type=arguments.domain,
    default=None,
    help="Only on this domain of ours, and those below it.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 400),
    default=30,
    show_default=True,
    help="Only on so many days, up to now.",
)
@as_json
@click.pass_obj
def reports(
    project: Project, kind: str | None, domain: str | None, days: int, json_: bool
) -> None:
    """
    Show what other servers report on our mail.

    With dmarc: who sends as our domains, from where, and whether DKIM or SPF proves it.
    With tls: how many sessions with our server were encrypted, and what failed. Without
    either: a summary, and the reports that were refused.
    """
    from stack.services.reports.database import Selection, reading

    project.require()
    with reading(project.reports, Selection(days, domain or "")) as reader:
        found = _found(project, reader) if reader else _nothing()
    if json_:
        return show(_shown(found, kind))
    if kind == "dmarc":
        return _show_senders(found["dmarc"])
    if kind == "tls":
        return _show_tls(*found["tls"])
    return _summary(found)


def _nothing() -> dict[str, Any]:
    return {"dmarc": [], "tls": ([], []), "refused": []}


def _found(project: Project, reader: "Reader") -> dict[str, Any]:
    from stack.config import envfile
    from stack.services.reports import dmarc, tls

    own = dmarc.own_addresses(envfile.load(project.env))
    return {
        "dmarc": dmarc.senders(reader, own),
        "tls": (tls.hosts(reader), tls.failures(reader)),
        "refused": list(reader.refused()),
    }


def _shown(found: dict[str, Any], kind: str | None) -> object:
    hosts, failures = found["tls"]
    shown = {
        "dmarc": [asdict(each) for each in found["dmarc"]],
        "tls": {
            "hosts": [asdict(each) for each in hosts],
            "failures": [asdict(each) for each in failures],
        },
        "refused": [
            {"received": _time(received), "reason": reason}
            for received, reason in found["refused"]
        ],
    }
    return shown[kind] if kind else shown


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _show_senders(senders: Sequence["Sender"]) -> None:
    if not senders:
        return say("No DMARC report yet.")
    heads = (
        "messages",
        "as",
        "from",
        "whose",
        "dkim",
        "spf",
        "unproven",
        "junk",
        "refused",
    )
    table(
        [
            (*heads, "reported by"),
            *(
                (
                    *(str(each.messages), each.domain, each.source),
                    "ours" if each.ours else "other",
                    *map(str, (each.dkim, each.spf, each.unproven)),
                    *map(str, (each.quarantined, each.rejected)),
                    ", ".join(each.reporters),
                )
                for each in senders
            ),
        ]
    )
    if not any(each.ours for each in senders):
        say(
            "None of them is known to be ours: PUBLIC_IPV4 and PUBLIC_IPV6 in .env"
            " tell which are, or a relay that is given by its address."
        )
    return None


def _show_tls(hosts: Sequence["Host"], failures: Sequence["Failure"]) -> None:
    if not hosts:
        return say("No TLS report yet.")
    table(
        [
            ("encrypted", "failed", "to", "policy", "MX", "reported by"),
            *(
                (
                    *(str(each.succeeded), str(each.failed), each.domain, each.policy),
                    *(each.mx or "-", ", ".join(each.reporters)),
                )
                for each in hosts
            ),
        ]
    )
    for each in failures:
        place = f" at {each.mx}" if each.mx else ""
        reason = f" ({each.reason})" if each.reason else ""
        click.echo(f"{each.sessions} {each.result}{place}{reason}: {each.advice}.")
    return None


def _summary(found: dict[str, Any]) -> None:
    senders, (hosts, _) = found["dmarc"], found["tls"]
    messages = sum(each.messages for each in senders)
    unproven = sum(each.unproven for each in senders)
    failing = sum(each.unproven for each in senders if each.ours)
    table(
        [
            ("DMARC", f"{messages} messages", f"{len(senders)} senders"),
            ("", f"{unproven} unproven", f"{failing} of them from this server"),
            (
                "TLS",
                f"{sum(each.succeeded for each in hosts)} sessions encrypted",
                f"{sum(each.failed for each in hosts)} failed",
            ),
        ]
    )
    reasons = Counter(reason for _, reason in found["refused"])
    if reasons:
        click.echo(f"Refused: {reasons.total()} messages without a report that counts")
        table([(f"  {n}", reason) for reason, n in reasons.most_common(FEW)])
