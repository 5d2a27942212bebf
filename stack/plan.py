"""
What differs from what it should be, worked out before anything is written.

`stack init`, `stack domain` and `stack cert` make a plan, which reads and computes
only; then they show it, or carry it out. So a mistake anywhere leaves everything as it
was.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from stack import (
    accounts,
    database,
    dkim,
    env,
    files,
    logins,
    lost,
    owner,
    render,
    spam,
)
from stack.certs import store
from stack.certs.self_signed import self_signed
from stack.certs.store import Stored
from stack.errors import StackError
from stack.project import Project
from stack.settings import Settings


@dataclass(frozen=True)
class Change:
    """One thing to do, in words and in deed."""

    words: str
    carry_out: Callable[[], None]


def initial(project: Project, names: Mapping[str, str]) -> list[Change]:
    """
    Plan all that `stack init` does, with the keys of *names* set in .env.

    Raises:
        InvalidError: When .env or a template is wrong.
        UnableError: When what is there can't be read.
    """
    owner.insist(project)
    text = env.with_values(lost.settings(project), names)
    settings = env.parse(text)
    # Compose starts by profile, and can't ask a setting.
    text = env.with_profile(text, "antivirus", started=settings.antivirus)
    known = database.domains(project.database)
    domains = sorted({*known, settings.mail_domain})
    stored, certificate = _certificates(project, settings)
    return [
        # First, as it may still refuse: aliases and a new domain can make a circle.
        *_accounts(project, settings.mail_domain, known),
        *_owner(project),
        *_write(project, ".env", text),
        *certificate,
        *_logins(project),
        *_own_rules(project),
        *_configuration(project, settings, domains, stored),
        *_repairs(project),
        # Last: only what has been accepted, as a whole, is worth to be put back.
        *_write(project, _name(project, project.kept_env), text),
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
    return changes + _configuration(project, settings, [*known, *new], stored)


def domains_removed(
    project: Project, settings: Settings, names: Sequence[str]
) -> list[Change]:
    """
    Plan to take no more mail for *names*. Their keys stay: mail is on its way.

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
    stored = store.load(project.tls)
    return [change, *_configuration(project, settings, left, stored)]


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
    domains = database.domains(project.database)
    return [
        *(
            each
            for file in new
            for each in _write(project, f"var/tls/{file}", new[file])
        ),
        *_configuration(project, settings, domains, stored),
        *_removals(project, [file for file in wanted if file not in new]),
    ]


def certs_started(project: Project) -> list[Change]:
    """
    Plan that `docker compose up` also starts the service that renews certificates.

    Raises:
        InvalidError: When .env is not text.
    """
    text = env.with_profile(env.read(project.env) or "", "acme")
    return [
        *_write(project, ".env", text),
        *_write(project, _name(project, project.kept_env), text),
    ]


def _name(project: Project, path: Path) -> str:
    return str(path.relative_to(project.root))


def _removals(project: Project, names: Sequence[str]) -> Iterator[Change]:
    for name in names:
        yield from _removed(project, project.tls / name)


def _configuration(
    project: Project,
    settings: Settings,
    domains: Sequence[str],
    stored: Mapping[str, Stored],
) -> list[Change]:
    """Plan the keys of *domains* and the configuration of every service."""
    now = datetime.now(UTC)
    made = [dkim.ensure(project.dkim, name, now) for name in sorted(set(domains))]
    rendered = render.render(
        project.config,
        settings,
        [keys for keys, _ in made],
        store.served(stored, settings.mail_hostname),
    )
    changes = []
    for _, new in made:
        for path, text in new.items():
            changes += _write(project, _name(project, path), text)
    return changes + list(_rendered(project, rendered))


def _rendered(project: Project, rendered: dict[str, str]) -> Iterator[Change]:
    # What goes, goes first: a directory may stand where a file is to be.
    for name in render.leftovers(project.etc, rendered):
        path = project.etc / name
        yield Change(f"remove var/etc/{name}", partial(files.remove, path))
    for name in render.stale(project.etc, rendered):
        yield from _write(project, f"var/etc/{name}", rendered[name])


def _write(project: Project, name: str, text: str) -> list[Change]:
    path = project.root / name
    if files.read(path) == text:
        return []
    return [Change(f"write {name}", partial(project.write, path, text))]


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
        _write(project, f"var/tls/{file}", made),
    )


def _owner(project: Project) -> Iterator[Change]:
    yield from _write(project, _name(project, project.owner), owner.of(project).text)
    marked = owner.are_marked(project)
    # Once they are marked anew, whoever takes them back later is to be believed, too.
    if marked:
        yield from _removed(project, project.adopted)
        yield from _write(project, _name(project, project.marked), "")
    elif marked is False:
        yield from _removed(project, project.marked)


def _removed(project: Project, path: Path) -> Iterator[Change]:
    if files.exists(path):
        yield Change(f"remove {_name(project, path)}", partial(files.remove, path))


def _logins(project: Project) -> list[Change]:
    # Postfix wants the table to be there, also when nobody has logged in.
    if files.exists(project.logins):
        return []
    return _write(project, _name(project, project.logins), logins.text({}))


def _own_rules(project: Project) -> list[Change]:
    # The operator's from then on: whatever it says later stays.
    if files.exists(project.own_rules):
        return []
    return _write(project, _name(project, project.own_rules), spam.OWN_RULES)


def _accounts(project: Project, domain: str, known: Sequence[str]) -> list[Change]:
    changes = []
    if database.revision(project.database) != database.REVISION:
        name = _name(project, project.database)
        changes.append(Change(f"migrate {name}", partial(_migrate, project)))
    if domain not in known:
        changes.append(_add_domains(project, [domain]))
    return changes


def _migrate(project: Project) -> None:
    if not files.exists(project.database):
        # Made empty by us first, so that it never has a mode other than its own.
        project.write(project.database, "")
    database.migrate(project.database)


def _add_domains(project: Project, names: Sequence[str]) -> Change:
    def carry_out() -> None:
        with database.session(project.database) as session:
            for name in names:
                accounts.add_domain(session, name)

    return Change(f"add domain {', '.join(names)}", carry_out)


def _remove_domains(project: Project, names: Sequence[str]) -> Change:
    def carry_out() -> None:
        with database.session(project.database) as session:
            for name in names:
                accounts.remove_domain(session, name)

    return Change(f"remove domain {', '.join(names)}", carry_out)


def _repairs(project: Project) -> list[Change]:
    return [
        Change(
            f"set owner and mode of {path.relative_to(project.root)}",
            partial(files.repair, path, access),
        )
        for path, access in project.wrong_access()
    ]
