"""The plans of `stack domain`: domains that mail is taken for, or no longer."""

from collections.abc import Sequence

from stack.accounts.store import database
from stack.apply.changes import Change, configuration, removals
from stack.apply.plan import accounts, self_made
from stack.apply.plan.dkim import dkim_ended
from stack.certs import store
from stack.config.settings import Settings
from stack.services.web import sites
from stack.services.web.sites import Site
from stack.system.errors import StackError
from stack.system.project import Project


def domains_added(
    project: Project, settings: Settings, names: Sequence[str]
) -> list[Change]:
    """
    Plan to take mail for *names*, with keys and a configuration that signs for them.

    Raises:
        InvalidError: When a template is wrong.
    """
    known = database.domains(project.database)
    new = [name for name in dict.fromkeys(names) if name not in known]
    # One step for all: if one is refused, none is added.
    changes = [accounts.add_domains(project, new)] if new else []
    stored = store.load(project.tls)
    return changes + configuration(project, settings, [*known, *new], stored)


def domains_removed(
    project: Project, settings: Settings, names: Sequence[str]
) -> list[Change]:
    """
    Plan to take no more mail for *names*. Their keys stay: mail is on its way.

    A rotation of them ends: only those stay that sign. A certificate that was made here
    for hosts of theirs alone goes with them, and so do those of the service web.

    Raises:
        StackError: When MAIL_DOMAIN is among them.
        InvalidError: When a template is wrong.
    """
    if settings.mail_domain in names:
        raise StackError(
            f"{settings.mail_domain} is MAIL_DOMAIN in .env: first make another one"
            " that, with `stack init --domain`"
        )
    known = database.domains(project.database)
    left = [each for each in known if each not in names]
    # One step for all: if one is refused, none is removed.
    change = accounts.remove_domains(project, list(dict.fromkeys(names)))
    kept, obsolete = self_made.without_obsolete(
        project,
        store.load(project.tls),
        lambda host: (
            host != settings.mail_hostname
            and self_made.is_in_domains(host, names)
            and not self_made.is_in_domains(host, left)
        ),
    )
    gone = [Site(kind, name).host for name in names for kind in sites.KINDS]
    paths = (project.web / file for host in gone for file in store.files_of(host))
    return [
        change,
        *configuration(project, settings, left, kept),
        *(each for name in dict.fromkeys(names) for each in dkim_ended(project, name)),
        *obsolete,
        *removals(project, paths),
    ]
