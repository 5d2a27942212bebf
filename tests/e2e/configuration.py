"""Changes to the templates of the copied project, and back."""

from collections.abc import Iterator
from contextlib import contextmanager

from .project import Project


@contextmanager
def changed(project: Project, template: str, addition: str) -> Iterator[None]:
    """Have *addition* at the end of a file under config/, rendered, for a while."""
    file = project.folder / "config" / template
    before = file.read_text()
    file.write_text(before + addition)
    try:
        project.stack("init", "--yes")
        yield
    finally:
        file.write_text(before)
        project.stack("init", "--yes")


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
