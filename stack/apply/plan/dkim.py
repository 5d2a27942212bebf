"""The plans of `stack dkim`: keys from one phase to the next."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from stack.accounts.store import database
from stack.apply.changes import Change, configuration, removals, written
from stack.certs import store
from stack.config.settings import Settings
from stack.dns.dkim import rotation, state
from stack.dns.dkim.state import RetiredPair
from stack.system.project import Project


def dkim_begun(project: Project, domain: str, bits: int, now: datetime) -> list[Change]:
    """
    Plan the next keys of *domain*: made, but not signing. *bits* are the RSA key's.

    Raises:
        StackError: When this month has no selectors left.
        UnableError: When the keys that sign can't be read.
    """
    return written(project, rotation.begun(project.dkim, domain, now, bits))


def dkim_switched(
    project: Project, settings: Settings, domains: Sequence[str], now: datetime
) -> list[Change]:
    """
    Plan that the next keys of *domains* sign, and those that sign now are retired.

    It is recorded first: if this is cut off, the next `stack init` does the rest.

    Raises:
        StackError: When a domain has no next keys.
        InvalidError: When a template is wrong.
        UnableError: When a key can't be read.
    """
    keys = {name: rotation.switched(project.dkim, name, now) for name in domains}
    recorded = written(
        project, ((state.path(project.dkim, name), keys[name].text) for name in keys)
    )
    known = database.domains(project.database)
    return recorded + configuration(
        project, settings, known, store.load(project.tls), keys=keys
    )


def dkim_destroyed(project: Project, domain: str, now: datetime) -> list[Change]:
    """
    Plan to destroy the private keys of *domain* that sign no more.

    The signer must have accepted tables without them.
    """
    known = state.load(project.dkim, domain)
    kept = rotation.kept_private_keys(project.dkim, domain, known)
    if not kept:
        return []
    ended = rotation.out_of_use(project.dkim, domain, known, now)
    return [
        *written(project, [(state.path(project.dkim, domain), ended.text)]),
        *removals(project, kept),
    ]


def dkim_forgotten(
    project: Project, domain: str, gone: Iterable[RetiredPair]
) -> list[Change]:
    """Plan to forget the retired keys of *domain* that are *gone* from the DNS."""
    left = rotation.forgotten(state.load(project.dkim, domain), gone)
    return written(project, [(state.path(project.dkim, domain), left.text)])


def dkim_ended(project: Project, domain: str) -> list[Change]:
    """
    Plan to end the rotation of *domain*, whose keys that sign now are kept.

    The state goes last: without it the newest keys sign.
    """
    known = state.load(project.dkim, domain)
    home = project.dkim / domain
    pairs = [*([known.next] if known.next else []), *known.retired]
    paths = [path for pair in pairs for path in pair.files(home)]
    return list(removals(project, [*paths, state.path(project.dkim, domain)]))
