"""`stack dkim show`: the keys of each domain, and what the DNS shows of them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import click

from stack.cli.dns.dkim import steps
from stack.cli.support import arguments, terminal
from stack.cli.support.output import as_json, say, show, table
from stack.system.errors import UnableError
from stack.system.project import Project

if TYPE_CHECKING:
    import dns.resolver

    from stack.dns.dkim.overview import Key
    from stack.dns.dkim.publication import Sight


class View(NamedTuple):
    """What there is to see of one domain."""

    domain: str
    keys: "list[Key]"
    seen: "list[Sight]"
    """Empty if its name servers are not found."""
    to_do: list[str]


@click.command("show")
@click.argument("domains", metavar="[DOMAIN]...", type=arguments.domain, nargs=-1)
@arguments.resolvers
@as_json
@click.pass_obj
def show_(
    project: Project,
    domains: tuple[str, ...],
    resolvers: tuple[tuple[str, int], ...],
    json_: bool,
) -> None:
    """
    Print the keys of each DOMAIN, or of all, and what its name servers show of them.

    A key is signing; or next, before `stack dkim rotate` has it sign; or retired, while
    mail that it has signed is on its way; then its record is to be removed.
    """
    from stack.dns.lookup import asker

    project.require()
    asked = asker.resolver(resolvers)
    names = steps.chosen(project, domains)
    # A silent name server takes its time.
    with terminal.progress(names) as shown:
        views = [_view(project, each, asked) for each in shown]
    if json_:
        show([_data(each) for each in views])
        return
    table([row for each in views for row in _rows(each)])
    for each in views:
        for line in each.to_do:
            say(f"{each.domain}: {line}")


def _view(project: Project, domain: str, resolver: "dns.resolver.Resolver") -> View:
    from stack.dns.dkim import overview, publication, state

    now = datetime.now(UTC)
    keys = overview.of(project.dkim, domain, now)
    known = state.load(project.dkim, domain)
    to_do = list(overview.to_do(project.dkim, domain, known, now))
    try:
        records = {key.selector: key.record for key in keys}
        seen = publication.look(domain, records, resolver)
    except UnableError as error:
        return View(domain, keys, [], [*to_do, *error.problems])
    return View(domain, keys, seen, [*to_do, *_unpublished(keys, seen)])


def _unpublished(keys: "Sequence[Key]", seen: "Sequence[Sight]") -> Iterator[str]:
    """Yield what to publish at once, as mail is signed with it."""
    for key in keys:
        if key.phase in ("signing", "retired") and (lacking := _lacking(key, seen)):
            yield f"publish {key.name}, which receivers look for: {', '.join(lacking)}"


def _lacking(key: "Key", seen: "Sequence[Sight]") -> list[str]:
    return [
        each.words
        for each in seen
        if each.selector == key.selector and each.shown != "shown"
    ]


def _rows(view: View) -> Iterator[tuple[str, ...]]:
    for key in view.keys:
        yield (
            view.domain,
            key.selector,
            key.phase,
            f"since {_day(key)}",
            f"{key.algorithm} {key.bits}",
            _publication(key, view.seen),
        )


def _day(key: "Key") -> str:
    if key.since:
        return f"{key.since:%Y-%m-%d}"
    # Of keys that were never rotated, the selector tells the month.
    month = key.selector.partition("-")[2]
    return f"{month[:4]}-{month[4:6]}"


def _publication(key: "Key", seen: "Sequence[Sight]") -> str:
    if not seen:
        return "not known whether published"
    if key.phase == "remove":
        left = [
            each.server.name
            for each in seen
            if each.selector == key.selector and each.shown != "missing"
        ]
        return f"still at {', '.join(left)}" if left else "gone from the DNS"
    lacking = _lacking(key, seen)
    return ", ".join(lacking) if lacking else "published"


def _data(view: View) -> dict[str, object]:
    return {
        "domain": view.domain,
        "keys": [
            {
                "selector": key.selector,
                "name": key.name,
                "phase": key.phase,
                "since": key.since and key.since.isoformat(),
                "algorithm": key.algorithm,
                "bits": key.bits,
                "record": key.record,
                "name_servers": [
                    {
                        "server": each.server.name,
                        "address": each.server.address,
                        "record": each.shown,
                    }
                    for each in view.seen
                    if each.selector == key.selector
                ],
            }
            for key in view.keys
        ],
        "to_do": view.to_do,
    }
