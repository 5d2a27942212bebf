"""
The steps of a plan: a file to write or to remove, a configuration to render.

Nothing is done here but to compare what there is with what there should be.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

from stack.apply import render
from stack.certs import store
from stack.certs.store import Stored
from stack.config import envfile
from stack.config.settings import Settings
from stack.dns.dkim import rotation, state
from stack.dns.dkim.state import DomainKeys
from stack.services.web import sites
from stack.system import files
from stack.system.project import Project

# The services whose configuration names certificates.
WITH_CERTIFICATES = ("postfix", "dovecot", "web")


@dataclass(frozen=True)
class Change:
    """One thing to do, in words and in deed."""

    words: str
    carry_out: Callable[[], None]


def relative_name(project: Project, path: Path) -> str:
    """Return the path of the file *path* below the project folder."""
    return str(path.relative_to(project.root))


def write(project: Project, name: str, text: str) -> list[Change]:
    """Plan to have *text* in the file called *name*, if it isn't there."""
    path = project.root / name
    if files.read(path) == text:
        return []
    return [Change(f"write {name}", partial(project.write, path, text))]


def written(project: Project, texts: Iterable[tuple[Path, str]]) -> list[Change]:
    """Plan to have each of *texts* in its file, in this order."""
    return [
        change
        for path, text in texts
        for change in write(project, relative_name(project, path), text)
    ]


def removals(project: Project, paths: Iterable[Path]) -> Iterator[Change]:
    """Plan to remove those of *paths* that are there."""
    for path in filter(files.exists, paths):
        yield Change(
            f"remove {relative_name(project, path)}", partial(files.remove, path)
        )


def configuration(
    project: Project,
    settings: Settings,
    domains: Sequence[str],
    stored: Mapping[str, Stored],
    text: str | None = None,
    keys: Mapping[str, DomainKeys] = MappingProxyType({}),
    of_web: Mapping[str, Stored] | None = None,
) -> list[Change]:
    """
    Plan the keys of *domains* and the configuration of every service.

    Args:
        project: What there is.
        settings: By which it is rendered.
        domains: The mail domains.
        stored: The certificates of the mail ports.
        text: That of .env, if it is to be another; it is kept for the service certs.
        keys: Those of domains that will have others than now.
        of_web: The certificates of the service web, if they are to be others.
    """
    text = text if text is not None else envfile.read(project.env) or ""
    now = datetime.now(UTC)
    made = {}
    for name in sorted(set(domains)):
        known = keys.get(name) or state.load(project.dkim, name)
        made[name] = rotation.ensure(
            project.dkim, name, now, settings.dkim_rsa_bits, known
        )
    rendered = render.render(
        project.config,
        settings,
        [found.selectors(name) for name, (found, _) in made.items()],
        store.served(stored, settings.mail_hostname),
        sites=sites.sites(settings, domains, _usable(project, of_web)),
    )
    changes = write(project, relative_name(project, project.applied), text)
    for _, new in made.values():
        changes += written(project, new.items())
    return changes + list(_rendered(project, rendered))


def certificate_configuration(
    project: Project,
    settings: Settings,
    stored: Mapping[str, Stored],
    of_web: Mapping[str, Stored] | None = None,
) -> list[Change]:
    """
    Plan the configuration of the services that show certificates.

    Raises:
        InvalidError: When a template is wrong.
    """
    served = store.served(stored, settings.mail_hostname)
    known = sites.rendered(project, _usable(project, of_web))
    rendered = render.render(
        project.config, settings, [], served, WITH_CERTIFICATES, known
    )
    return list(_changed(project, rendered))


def _usable(
    project: Project, of_web: Mapping[str, Stored] | None
) -> Mapping[str, Stored]:
    # A damaged file there is left out: mail must not wait for it.
    return store.usable(project.web) if of_web is None else of_web


def _rendered(project: Project, rendered: dict[str, str]) -> Iterator[Change]:
    # What goes, goes first: a directory may stand where a file is to be.
    applied = str(project.applied.relative_to(project.etc))
    for name in render.leftovers(project.etc, {**rendered, applied: ""}):
        path = project.etc / name
        yield Change(f"remove var/etc/{name}", partial(files.remove, path))
    yield from _changed(project, rendered)


def _changed(project: Project, rendered: dict[str, str]) -> Iterator[Change]:
    for name in render.stale(project.etc, rendered):
        yield from write(project, f"var/etc/{name}", rendered[name])
