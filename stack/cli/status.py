"""`stack status`: whether the server runs, and what there is to worry about."""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import click

from stack.cli.output import as_json, show, table
from stack.errors import StackError
from stack.project import Project

if TYPE_CHECKING:
    from stack.endpoints import Endpoint

FAILED = 1

# What something is, its name, how it is, and whether that is well.
Row = tuple[str, str, str, bool]

# The second, where an operator has added a container without a check of its health.
WELL = ("healthy", "running")


@click.command()
@as_json
@click.pass_obj
def status(project: Project, json_: bool) -> None:
    """
    Say how containers, ports, certificates and block lists are; exit 1 if not well.

    How the containers are is known where Docker may be asked, so not in one of them.
    What exactly the ports serve is said by `stack cert check`. How many IMAP sessions
    the kernel of this machine lets hear of new mail at once is said, too. What can't be
    known, for .env is wrong or Docker doesn't answer, is told with the reason.
    """
    project.require()
    rows = [
        *_sure("version", "stack", lambda: _version(project)),
        *_sure("engine", "Docker", lambda: _engine(project)),
        *_sure("container", "all", lambda: _containers(project)),
        *_sure("port", "all", lambda: _ports(project)),
        *_sure("certificate", "all", lambda: _certificates(project)),
        *_sure("settings", ".env", lambda: _lists(project)),
        *_sure("kernel", "limits", _kernel),
    ]
    if json_:
        keys = ("kind", "name", "state", "ok")
        show([dict(zip(keys, row, strict=True)) for row in rows])
    else:
        table([(*row[:3], "" if row[3] else "!") for row in rows])
    if not all(row[3] for row in rows):
        raise click.exceptions.Exit(FAILED)


def _sure(kind: str, name: str, rows: Callable[[], Iterable[Row]]) -> list[Row]:
    """Return *rows*, or why there are none: one fault must not hide the others."""
    try:
        return list(rows())
    except StackError as error:
        return [(kind, name, problem, False) for problem in error.problems]
    except OSError as error:
        return [(kind, name, str(error), False)]


def _version(project: Project) -> Iterator[Row]:
    from stack import images

    if not images.is_ours(project.root):
        yield "version", "stack", images.OTHER, False


def _engine(project: Project) -> Iterator[Row]:
    from stack import endpoints

    if not endpoints.is_inside() and endpoints.containers(project.root) is None:
        yield (
            "engine",
            "Docker",
            "doesn't answer: start it, or run stack as a user who may use it",
            False,
        )


def _containers(project: Project) -> Iterator[Row]:
    from stack import endpoints

    for name, state in endpoints.health(project.root):
        yield "container", name, state, state in WELL


def _ports(project: Project) -> Iterator[Row]:
    from stack import endpoints

    for name, words in _answers(endpoints.find(project.root)).items():
        yield "port", name, words, words == "answers"


def _certificates(project: Project) -> Iterator[Row]:
    from stack.upkeep import keeping

    for each in keeping.outlooks(project):
        yield "certificate", each.name, each.words, not each.problem


def _lists(project: Project) -> Iterator[Row]:
    from stack import env, listings

    zones = env.load(project.env).list_zones
    for zone, words in listings.states(project.root, zones):
        yield "list", zone, words, words == listings.ANSWERS


def _kernel() -> Iterator[Row]:
    from stack import watches

    # Nothing is wrong before there are that many sessions.
    if state := watches.state():
        yield "kernel", watches.NAME, state, True


def _answers(found: "list[Endpoint]") -> dict[str, str]:
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
