"""What our resolver answers."""

from tests.support.server.project import Project
from tests.support.wait import wait_until


def resolves(project: Project, name: str) -> bool:
    """Tell whether the resolver finds an address for *name*."""
    command = ("drill", "-Q", "A", name, "@127.0.0.1")
    return bool(project.inside("resolver", *command).strip())


def await_health(project: Project) -> None:
    """Wait until Docker finds the resolver healthy: `up --wait` goes by that."""
    wait_until(
        lambda: project.container("resolver").health == "healthy",
        "a healthy resolver in Docker",
        90,
    )
