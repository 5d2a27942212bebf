"""Changes of the templates and of .env of the copied project, for a while."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.server.project import Project
from tests.support.wait import wait_until


@contextmanager
def changed(project: Project, template: str, addition: str) -> Iterator[None]:
    """Have *addition* at the end of a file under config/, rendered, for a while."""
    with _edited(project, template, lambda text: text + addition):
        yield


@contextmanager
def replaced(project: Project, template: str, old: str, new: str) -> Iterator[None]:
    """Have *new* in the place of *old* in a file under config/, for a while."""
    with _edited(project, template, lambda text: _once(text, old, new)):
        yield


@contextmanager
def refused(
    project: Project, template: str, addition: str, instead_of: str = ""
) -> Iterator[str]:
    """
    Have a file under config/ that its service refuses, with *addition* at its end.

    Or with *addition* in the place of *instead_of*. Yields what `stack init` prints.
    """
    file = project.folder / "config" / template
    before = file.read_text()
    wrong = _once(before, instead_of, addition) if instead_of else before + addition
    file.write_text(wrong)
    try:
        done = project.stack("init", "--yes", check=False)
        if done.returncode != 1:
            raise AssertionError(f"not refused: {done.returncode} {done.stderr}")
        yield done.stderr
    finally:
        file.write_text(before)
        project.stack("init", "--yes")


@contextmanager
def _edited(
    project: Project, template: str, edit: Callable[[str], str]
) -> Iterator[None]:
    file = project.folder / "config" / template
    before = file.read_text()
    file.write_text(edit(before))
    try:
        project.stack("init", "--yes")
        yield
    finally:
        file.write_text(before)
        project.stack("init", "--yes")


def _once(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise AssertionError(f"{old!r} is there {text.count(old)} times, not once")
    return text.replace(old, new)


def await_applied(project: Project, service: str) -> None:
    """Wait until *service* uses the configuration that was rendered last."""
    wait_until(
        lambda: project.probe(service)[0], f"{service} with the new configuration", 60
    )


@contextmanager
def settings(project: Project, **wanted: str) -> Iterator[None]:
    """Have other lines in .env for a while; nothing is rendered by this."""
    file = project.folder / ".env"
    before = file.read_text()
    kept = [
        line for line in before.splitlines() if line.partition("=")[0] not in wanted
    ]
    lines = [*kept, *(f"{key}={value}" for key, value in wanted.items())]
    file.write_text("\n".join(lines) + "\n")
    try:
        yield
    finally:
        file.write_text(before)
