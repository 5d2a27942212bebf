"""Changes to the test world's name server while it runs: see unbound-control(8)."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from tests.support.server.project import CommandError, Project

_CONTROL = ("unbound-control", "-c", "/zones/unbound.conf")


def add(project: Project, records: Iterable[str]) -> None:
    """
    Have the name server answer with *records*, too, each as a line of a zone file.

    Raises:
        CommandError: When it doesn't take each of them.
    """
    lines = list(records)
    said = _tell(project, "local_datas", lines)
    if f"added {len(lines)} datas" not in said:
        raise CommandError(f"dns: does not take all of {lines}: {said}")


def remove(project: Project, names: Iterable[str]) -> None:
    """Have the name server know nothing about *names* any more."""
    _tell(project, "local_datas_remove", names)


@contextmanager
def instead(project: Project, name: str, *records: str) -> Iterator[None]:
    """
    Have *records* in the place of all that *name* has, for a while.

    Each is "NAME TYPE DATA", without the last dot of the name.
    """
    before = [line for line in known(project) if line.split()[0] == f"{name}."]
    remove(project, [name])
    try:
        # Nobody may remember them.
        add(project, [each.replace(" ", " 0 ", 1) for each in records])
        yield
    finally:
        remove(project, [name])
        add(project, before)


def known(project: Project) -> list[str]:
    """All that the name server knows, as lines of a zone file."""
    lines = _tell(project, "list_local_data").splitlines()
    return [line for line in lines if line]


def _tell(project: Project, command: str, lines: Iterable[str] = ()) -> str:
    stdin = "".join(f"{line}\n" for line in lines)
    return project.execute("dns", *_CONTROL, command, stdin=stdin).stdout
