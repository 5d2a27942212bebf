"""Self-signed certificates, which are removed with the last host that they name."""

from collections.abc import Callable, Mapping, Sequence

from stack.apply.changes import Change, removals
from stack.certs.self_signed import is_made_here
from stack.certs.store import Stored
from stack.system.project import Project


def without_obsolete(
    project: Project, stored: Mapping[str, Stored], is_gone: Callable[[str], bool]
) -> tuple[dict[str, Stored], list[Change]]:
    """
    Return *stored* without the obsolete ones, and the plan to remove those.

    Obsolete is a certificate that was made here and names only hosts that are gone.
    """
    obsolete = [
        each
        for each in stored.values()
        if all(map(is_made_here, each.bundles.values()))
        and all(map(is_gone, each.main.names))
    ]
    kept = {name: each for name, each in stored.items() if each not in obsolete}
    paths = (project.tls / file for each in obsolete for file in each.files)
    return kept, list(removals(project, paths))


def is_in_domains(host: str, domains: Sequence[str]) -> bool:
    """Say whether *host* is one of *domains*, or stands below one."""
    return any(host == each or host.endswith(f".{each}") for each in domains)
