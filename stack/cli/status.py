"""`stack status`: whether the server runs, and what there is to worry about."""

from typing import TYPE_CHECKING

import click

from stack.cli.output import as_json, show, table
from stack.project import Project

if TYPE_CHECKING:
    from stack.endpoints import Endpoint

FAILED = 1

# The second, where an operator has added a container without a check of its health.
WELL = ("healthy", "running")


@click.command()
@as_json
@click.pass_obj
def status(project: Project, json_: bool) -> None:
    """
    Say how containers, ports, certificates and block lists are; exit 1 if not well.

    How the containers are is known where Docker may be asked, so not in one of them;
    there it is asked whether the resolver finds names. What exactly the ports serve is
    said by `stack cert check`. How many IMAP sessions the kernel of this machine lets
    hear of new mail at once is said, too.
    """
    from stack import endpoints, env, listings, resolvers, watches
    from stack.upkeep import keeping

    project.require()
    health = endpoints.health(project.root)
    ports = _ports(endpoints.find(project.root))
    outlooks = keeping.outlooks(project)
    kernel = watches.state()
    # Elsewhere the health of the container tells.
    names = resolvers.state() if endpoints.is_inside() else None
    lists = listings.states(project.root, env.load(project.env).list_zones)
    rows = [
        *(("container", name, state, state in WELL) for name, state in health),
        *(("port", name, words, words == "answers") for name, words in ports.items()),
        *(
            ("certificate", each.name, each.words, not each.problem)
            for each in outlooks
        ),
        *([("names", "resolver", names, names == resolvers.ANSWERS)] if names else []),
        *(("list", zone, words, words == listings.ANSWERS) for zone, words in lists),
        # Nothing is wrong before there are that many sessions.
        *([("kernel", watches.NAME, kernel, True)] if kernel else []),
    ]
    if json_:
        keys = ("kind", "name", "state", "ok")
        show([dict(zip(keys, row, strict=True)) for row in rows])
    else:
        table([(*row[:3], "" if row[3] else "!") for row in rows])
    if not all(row[3] for row in rows):
        raise click.exceptions.Exit(FAILED)


def _ports(found: "list[Endpoint]") -> dict[str, str]:
    """Return for each mail port whether it answers, wherever it can be reached."""
    from stack import endpoints, handshake

    words = dict.fromkeys(map(str, endpoints.SERVICES), "not running")
    for endpoint in found:
        answers = handshake.answers(endpoint)
        words.pop(str(endpoint.port), None)
        words[str(endpoint).removeprefix("port ")] = (
            "answers" if answers else "does not answer"
        )
    return words
