"""The plan of `stack init`: all that the containers need."""

import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial

from stack.accounts.store import database
from stack.apply import ownership, recovery
from stack.apply.changes import Change, configuration, relative_name, removals, write
from stack.apply.plan import accounts, self_made
from stack.apply.plan.cert import is_start_asked, start_file
from stack.certs import store
from stack.certs.self_signed import self_signed
from stack.certs.store import Stored
from stack.config import envfile, relay_logins
from stack.config.derived import Derived
from stack.config.settings import Settings
from stack.services.spam import local_cf
from stack.system import files
from stack.system.errors import StackError
from stack.system.project import Project


def initial(project: Project, names: Mapping[str, str]) -> list[Change]:
    """
    Plan all that `stack init` does, with the keys of *names* set in .env.

    Raises:
        InvalidError: When .env or a template is wrong.
        UnableError: When what is there can't be read.
    """
    text = _env(project, names)
    settings = envfile.parse(text)
    asked = is_start_asked(project)
    known = database.domains(project.database)
    domains = sorted({*known, settings.mail_domain})
    stored, certificate = _certificates(project, settings)
    before = _host_before(project)
    kept, obsolete = self_made.without_obsolete(
        project,
        stored,
        lambda host: (
            host == before != settings.mail_hostname
            and not self_made.is_in_domains(host, domains)
        ),
    )
    return [
        # The accounts come first, as they may refuse: a new domain can close a loop.
        *accounts.steps(project, settings, known),
        *_owner(project),
        *write(project, ".env", text),
        *(removals(project, [start_file(project)]) if asked else ()),
        *certificate,
        *_web_folder(project),
        *_logins(project),
        *_srs_secrets(project),
        *_own_rules(project),
        *_reports(project),
        *configuration(project, settings, domains, kept, text),
        *obsolete,
        *_repairs(project),
    ]


def env(project: Project, names: Mapping[str, str]) -> list[Change]:
    """
    Plan what `stack init` changes in .env, with the keys of *names* set.

    Raises:
        InvalidError: When .env is wrong.
        UnableError: When what is there can't be read.
    """
    return write(project, ".env", _env(project, names))


def _env(project: Project, names: Mapping[str, str]) -> str:
    ownership.refuse_foreign_volumes(project)
    text = envfile.with_values(recovery.settings(project), names)
    settings = envfile.parse(text)
    # Compose starts services by profile: it can't read a setting. Nor can it reckon.
    derived = Derived(settings)
    text = envfile.with_changes(text, derived.compose_ipv6 | derived.compose_web)
    text = envfile.with_profile(text, "antivirus", started=settings.antivirus)
    text = envfile.with_profile(text, "web", started=settings.web)
    return envfile.with_profile(text, "acme") if is_start_asked(project) else text


def _certificates(
    project: Project, settings: Settings
) -> tuple[dict[str, Stored], list[Change]]:
    """Return the certificates, and the plan to make the one that is missing."""
    texts = store.texts(project.tls)
    file, _ = store.files_of(settings.mail_hostname)
    if file in texts:
        return store.parse(texts, project.tls), []
    made = self_signed([settings.mail_hostname], datetime.now(UTC)).pem
    return (
        store.parse(texts | {file: made}, project.tls),
        write(project, f"var/tls/{file}", made),
    )


def _host_before(project: Project) -> str | None:
    """Return the MAIL_HOSTNAME of the configuration that was applied last, or None."""
    try:
        return envfile.load(project.applied).mail_hostname
    except StackError:
        # Nothing was applied yet, or a version with other settings applied it.
        return None


def _owner(project: Project) -> Iterator[Change]:
    yield from write(
        project, relative_name(project, project.owner), ownership.of(project).text
    )
    marked = ownership.are_marked(project)
    # With new marks, a later `stack adopt` by the former folder counts again.
    if marked:
        yield from removals(project, [project.adopted])
        yield from write(project, relative_name(project, project.marked), "")
    elif marked is False:
        yield from removals(project, [project.marked])


def _web_folder(project: Project) -> list[Change]:
    # Docker would make it for its mount, and let everybody read it.
    if files.exists(project.web):
        return []
    return [Change("make var/web", partial(project.make_directory, project.web))]


def _logins(project: Project) -> list[Change]:
    # Postfix needs the table, even if it is empty.
    if files.exists(project.logins):
        return []
    return write(project, relative_name(project, project.logins), relay_logins.text({}))


def _srs_secrets(project: Project) -> list[Change]:
    # Return addresses that are out in the world depend on it: it is made once.
    if files.exists(project.srs_secrets):
        return []
    name = relative_name(project, project.srs_secrets)
    return write(project, name, f"{secrets.token_hex(32)}\n")


def _own_rules(project: Project) -> list[Change]:
    # The file belongs to the operator: it is written once, and never changed.
    if files.exists(project.own_rules):
        return []
    return write(project, relative_name(project, project.own_rules), local_cf.OWN_RULES)


def _reports(project: Project) -> list[Change]:
    # Docker would make it as root's: the service could not write there.
    folder = project.reports.parent
    if files.exists(folder):
        return []
    name = relative_name(project, folder)
    return [Change(f"make {name}", partial(project.make_directory, folder))]


def _repairs(project: Project) -> list[Change]:
    return [
        Change(
            f"set owner and mode of {relative_name(project, path)}",
            partial(files.repair, path, access),
        )
        for path, access in project.wrong_access()
    ]
