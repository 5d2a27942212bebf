"""
What differs from what it should be, worked out before anything is written.

`stack init` and `stack domain` make a plan, which reads and computes only; then
they show it, or carry it out. So a mistake anywhere leaves everything as it was.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from stack import (
    accounts,
    certs,
    database,
    dkim,
    env,
    files,
    logins,
    reference,
    render,
)
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
    text = env.read(project.env)
    text = env.with_values(reference.example() if text is None else text, names)
    settings = env.parse(text)
    known = database.domains(project.database)
    domains = sorted({*known, settings.mail_domain})
    return [
        # First, as it may still refuse: aliases and a new domain can make a circle.
        *_accounts(project, settings.mail_domain, known),
        *_write(project, ".env", text),
        *_certificate(project, settings),
        *_logins(project),
        *_configuration(project, settings, domains),
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
    return changes + _configuration(project, settings, [*known, *new])


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
    return [change, *_configuration(project, settings, left)]


def _configuration(
    project: Project, settings: Settings, domains: Sequence[str]
) -> list[Change]:
    """Plan the keys of *domains* and the configuration of every service."""
    now = datetime.now(UTC)
    made = [dkim.ensure(project.dkim, name, now) for name in sorted(set(domains))]
    rendered = render.render(project.config, settings, [keys for keys, _ in made])
    changes = []
    for _, new in made:
        for path, text in new.items():
            changes += _write(project, str(path.relative_to(project.root)), text)
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


def _certificate(project: Project, settings: Settings) -> list[Change]:
    name = f"var/tls/{settings.mail_hostname}.pem"
    if files.exists(project.root / name):
        return []
    text = certs.self_signed(settings.mail_hostname, datetime.now(UTC))
    return _write(project, name, text)


def _logins(project: Project) -> list[Change]:
    # Postfix wants the table to be there, also when nobody has logged in.
    if files.exists(project.logins):
        return []
    return _write(
        project, str(project.logins.relative_to(project.root)), logins.text({})
    )


def _accounts(project: Project, domain: str, known: Sequence[str]) -> list[Change]:
    changes = []
    if database.revision(project.database) != database.REVISION:
        name = project.database.relative_to(project.root)
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
