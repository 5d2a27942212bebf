"""
What differs from what it should be, worked out before anything is written.

`stack init`, `stack domain` and `stack cert` make a plan, which reads and computes
only; then they show it, or carry it out. So a mistake anywhere leaves everything as it
was.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from stack.accounts import domains
from stack.accounts.store import database, password_hashes, sqlite
from stack.apply import ownership, recovery
from stack.apply.changes import Change, called, configuration, removals, shown, write
from stack.certs import store
from stack.certs.self_signed import is_made_here, self_signed
from stack.certs.store import Stored
from stack.config import envfile, relay_logins
from stack.config.settings import Settings
from stack.spam import local_cf
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
    ownership.insist(project)
    text = envfile.with_values(recovery.settings(project), names)
    settings = envfile.parse(text)
    # Compose starts by profile, and can't ask a setting.
    text = envfile.with_profile(text, "antivirus", started=settings.antivirus)
    asked = is_start_asked(project)
    text = envfile.with_profile(text, "acme") if asked else text
    known = database.domains(project.database)
    domains = sorted({*known, settings.mail_domain})
    stored, certificate = _certificates(project, settings)
    before = _host_before(project)
    kept, obsolete = _self_made(
        project,
        stored,
        lambda host: (
            host == before != settings.mail_hostname and not _is_in(host, domains)
        ),
    )
    return [
        # First, as it may still refuse: aliases and a new domain can make a circle.
        *_accounts(project, settings, known),
        *_owner(project),
        *write(project, ".env", text),
        *(removals(project, [_asked(project)]) if asked else ()),
        *certificate,
        *_logins(project),
        *_own_rules(project),
        *configuration(project, settings, domains, kept, text),
        *obsolete,
        *_repairs(project),
    ]


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
    # In one step, as it may refuse: then none of them is added.
    changes = [_add_domains(project, new)] if new else []
    stored = store.load(project.tls)
    return changes + configuration(project, settings, [*known, *new], stored)


def domains_removed(
    project: Project, settings: Settings, names: Sequence[str]
) -> list[Change]:
    """
    Plan to take no more mail for *names*. Their keys stay: mail is on its way.

    A certificate that was made here for hosts of theirs alone goes with them.

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
    # In one step, as it may refuse: then none of them is removed.
    change = _remove_domains(project, list(dict.fromkeys(names)))
    kept, obsolete = _self_made(
        project,
        store.load(project.tls),
        lambda host: (
            host != settings.mail_hostname
            and _is_in(host, names)
            and not _is_in(host, left)
        ),
    )
    return [change, *configuration(project, settings, left, kept), *obsolete]


def certificates(
    project: Project, settings: Settings, wanted: Mapping[str, str | None]
) -> list[Change]:
    """
    Plan to have just the texts of *wanted* in these files of var/tls (None: no file).

    At each step all files that the configuration names are there: new ones come
    before it, and what it no longer names goes after it.

    Raises:
        InvalidError: When a template is wrong.
        UnableError: When what is there can't be read.
    """
    new = {file: text for file, text in wanted.items() if text is not None}
    kept = {f: t for f, t in store.texts(project.tls).items() if f not in wanted}
    stored = store.parse(kept | new, project.tls)
    return [
        *(
            each
            for file in new
            for each in write(project, f"var/tls/{file}", new[file])
        ),
        *_shown(project, settings, stored),
        *removals(project, (project.tls / file for file in wanted if file not in new)),
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
            *write(project, called(project, project.applied), text),
            *removals(project, [_asked(project)]),
        ]
    return (
        write(project, called(project, _asked(project)), "") if text != before else []
    )


def is_start_asked(project: Project) -> bool:
    """Say whether the service certs has asked to be started by Compose, too."""
    return files.exists(_asked(project))


def _asked(project: Project) -> Path:
    """Return the file that asks for the service certs to be started by Compose."""
    return project.acme / "start-certs"


def _shown(
    project: Project, settings: Settings, stored: Mapping[str, Stored]
) -> list[Change]:
    """Plan the configuration; of a project that is whole, that of all services."""
    if not project.is_whole:
        return shown(project, settings, stored)
    domains = database.domains(project.database)
    return configuration(project, settings, domains, stored)


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
    """Return what MAIL_HOSTNAME was when it was applied last."""
    try:
        return envfile.load(project.applied).mail_hostname
    except StackError:
        # Nothing was applied yet, or by a version that had other settings.
        return None


def _self_made(
    project: Project, stored: Mapping[str, Stored], is_gone: Callable[[str], bool]
) -> tuple[dict[str, Stored], list[Change]]:
    """Return *stored* but for what was made here for hosts that are gone; that goes."""
    obsolete = [
        each
        for each in stored.values()
        if all(map(is_made_here, each.bundles.values()))
        and all(map(is_gone, each.main.names))
    ]
    kept = {name: each for name, each in stored.items() if each not in obsolete}
    paths = (project.tls / file for each in obsolete for file in each.files)
    return kept, list(removals(project, paths))


def _is_in(host: str, domains: Sequence[str]) -> bool:
    return any(host == each or host.endswith(f".{each}") for each in domains)


def _owner(project: Project) -> Iterator[Change]:
    yield from write(
        project, called(project, project.owner), ownership.of(project).text
    )
    marked = ownership.are_marked(project)
    # Once they are marked anew, whoever takes them back later is to be believed, too.
    if marked:
        yield from removals(project, [project.adopted])
        yield from write(project, called(project, project.marked), "")
    elif marked is False:
        yield from removals(project, [project.marked])


def _logins(project: Project) -> list[Change]:
    # Postfix wants the table to be there, also when nobody has logged in.
    if files.exists(project.logins):
        return []
    return write(project, called(project, project.logins), relay_logins.text({}))


def _own_rules(project: Project) -> list[Change]:
    # The operator's from then on: whatever it says later stays.
    if files.exists(project.own_rules):
        return []
    return write(project, called(project, project.own_rules), local_cf.OWN_RULES)


def _accounts(
    project: Project, settings: Settings, known: Sequence[str]
) -> list[Change]:
    changes = []
    names = []
    if database.revision(project.database) != database.REVISION:
        name = called(project, project.database)
        changes.append(Change(f"migrate {name}", partial(_migrate, project)))
    elif not sqlite.is_made(project.passwords):
        name = called(project, project.passwords)
        changes.append(Change(f"make {name}", partial(_make_passwords, project)))
    if settings.mail_domain not in known:
        names.append(f"add domain {settings.mail_domain}")
    if database.host(project.database) != settings.mail_hostname:
        names.append(f"take mail for the name {settings.mail_hostname}")
    if names:
        words = ", ".join(names)
        changes.append(Change(words, partial(_be_called, project, settings)))
    return changes


def _be_called(project: Project, settings: Settings) -> None:
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


def _add_domains(project: Project, names: Sequence[str]) -> Change:
    def carry_out() -> None:
        with database.session(project.database) as session:
            for name in names:
                domains.add(session, name)

    return Change(f"add domain {', '.join(names)}", carry_out)


def _remove_domains(project: Project, names: Sequence[str]) -> Change:
    def carry_out() -> None:
        with database.session(project.database) as session:
            for name in names:
                domains.remove(session, name)

    return Change(f"remove domain {', '.join(names)}", carry_out)


def _repairs(project: Project) -> list[Change]:
    return [
        Change(
            f"set owner and mode of {called(project, path)}",
            partial(files.repair, path, access),
        )
        for path, access in project.wrong_access()
    ]
