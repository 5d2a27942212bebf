"""The plans of `stack cert`: certificates in var/tls, and who renews them."""

from collections.abc import Mapping
from pathlib import Path

from stack.accounts.store import database
from stack.apply.changes import (
    Change,
    certificate_configuration,
    configuration,
    relative_name,
    removals,
    write,
)
from stack.certs import store
from stack.certs.store import Stored
from stack.config import envfile
from stack.config.settings import Settings
from stack.services.web.places import MAIL, WEB, Place
from stack.system import files
from stack.system.project import Project


def certificates(
    project: Project,
    settings: Settings,
    wanted: Mapping[str, str | None],
    place: Place = MAIL,
) -> list[Change]:
    """
    Plan to have just the texts of *wanted* in these files of *place* (None: no file).

    At each step all files that the configuration names are there: new ones come
    before it, and what it no longer names goes after it.

    Raises:
        InvalidError: When a template is wrong.
        UnableError: When what is there can't be read.
    """
    new = {file: text for file, text in wanted.items() if text is not None}
    folder = place.folder(project)
    kept = {f: t for f, t in store.texts(folder).items() if f not in wanted}
    stored = store.parse(kept | new, folder)
    return [
        *(
            each
            for file in new
            for each in write(project, f"var/{place.name}/{file}", new[file])
        ),
        *_configuration(project, settings, stored, place),
        *removals(project, (folder / file for file in wanted if file not in new)),
    ]


def certs_started(project: Project) -> list[Change]:
    """
    Plan that `docker compose up` also starts the service that renews certificates.

    That service itself, which can't write .env, leaves it to the next `stack init`.

    Raises:
        InvalidError: When .env is not text.
    """
    before = envfile.read(project.env) or ""
    text = envfile.with_profile(before, "acme")
    if project.is_whole:
        return [
            *write(project, ".env", text),
            *write(project, relative_name(project, project.applied), text),
            *removals(project, [start_file(project)]),
        ]
    return (
        write(project, relative_name(project, start_file(project)), "")
        if text != before
        else []
    )


def is_start_asked(project: Project) -> bool:
    """Say whether the service certs has asked to be started by Compose, too."""
    return files.exists(start_file(project))


def start_file(project: Project) -> Path:
    """Return the file that asks for the service certs to be started by Compose."""
    return project.acme / "start-certs"


def _configuration(
    project: Project, settings: Settings, stored: Mapping[str, Stored], place: Place
) -> list[Change]:
    """
    Plan the configuration; of a project that is whole, that of all services.

    *stored* are the certificates that *place* is to have.
    """
    mail = stored if place is MAIL else store.usable(project.tls)
    web = stored if place is WEB else None
    if not project.is_whole:
        return certificate_configuration(project, settings, mail, web)
    domains = database.domains(project.database)
    return configuration(project, settings, domains, mail, of_web=web)
