"""What our resolver answers."""

from .project import Project


def resolves(project: Project, name: str) -> bool:
    """Tell whether the resolver finds an address for *name*."""
    command = ("drill", "-Q", "A", name, "@127.0.0.1")
    return bool(project.inside("resolver", *command).strip())
