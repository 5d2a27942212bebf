"""The steps of a plan that change the accounts: each does all or nothing."""

from collections.abc import Sequence
from functools import partial

from stack.accounts import domains
from stack.accounts.store import database, password_hashes, sqlite
from stack.apply.changes import Change, relative_name
from stack.config.settings import Settings
from stack.system import files
from stack.system.project import Project


def steps(project: Project, settings: Settings, known: Sequence[str]) -> list[Change]:
    """
    Return what makes the accounts fit *settings*: a schema, a domain, the host's name.

    Args:
        project: Its database may be missing, or of an earlier version.
        settings: The first domain and the name of the server.
        known: The domains that the database has.
    """
    changes = []
    names = []
    if database.revision(project.database) != database.REVISION:
        name = relative_name(project, project.database)
        changes.append(Change(f"migrate {name}", partial(_migrate, project)))
    elif not sqlite.is_made(project.passwords):
        name = relative_name(project, project.passwords)
        changes.append(Change(f"make {name}", partial(_make_passwords, project)))
    if settings.mail_domain not in known:
        names.append(f"add domain {settings.mail_domain}")
    if database.host(project.database) != settings.mail_hostname:
        names.append(f"take mail for the name {settings.mail_hostname}")
    if names:
        words = ", ".join(names)
        changes.append(Change(words, partial(_set_names, project, settings)))
    return changes


def add_domains(project: Project, names: Sequence[str]) -> Change:
    """Return the step that adds *names*: all of them, or none if one is refused."""

    def carry_out() -> None:
        with database.session(project.database) as session:
            for name in names:
                domains.add(session, name)

    return Change(f"add domain {', '.join(names)}", carry_out)


def remove_domains(project: Project, names: Sequence[str]) -> Change:
    """Return the step that removes *names*: all of them, or none if one is in use."""

    def carry_out() -> None:
        with database.session(project.database) as session:
            for name in names:
                domains.remove(session, name)

    return Change(f"remove domain {', '.join(names)}", carry_out)


def _set_names(project: Project, settings: Settings) -> None:
    # In one step, as either may refuse.
    with database.session(project.database) as session:
        domains.add(session, settings.mail_domain)
        domains.set_host(session, settings.mail_hostname)


def _migrate(project: Project) -> None:
    if not files.exists(project.database):
        # Made empty by us first, so that it never has a mode other than its own.
        project.write(project.database, "")
    _make_passwords(project)
    database.migrate(project.database)


def _make_passwords(project: Project) -> None:
    if not files.exists(project.passwords):
        project.write(project.passwords, "")
    password_hashes.make(project.passwords)
