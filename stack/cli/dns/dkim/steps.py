"""The steps of a rotation, each carried out and told."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from stack.cli.support import verdicts
from stack.cli.support.output import carry_out, say
from stack.system.errors import StackError, UnableError
from stack.system.project import Project

if TYPE_CHECKING:
    import dns.resolver

    from stack.config.settings import Settings
    from stack.dns.dkim.state import DomainKeys, Pair

SIGNER = "dkim-sign"


def chosen(project: Project, domains: tuple[str, ...]) -> list[str]:
    """
    Return *domains*, each once, or all if none is named.

    Raises:
        StackError: When one is not of this server.
    """
    from stack.accounts.store import database

    known = database.domains(project.database)
    for name in domains:
        if name not in known:
            raise StackError(
                f"{name}: is not a domain of this server: see `stack domain list`"
            )
    return list(dict.fromkeys(domains)) or sorted(known)


def not_shown(
    project: Project, domain: str, pair: "Pair", resolver: "dns.resolver.Resolver"
) -> list[str]:
    """
    Return a line for each name server that doesn't show a record of *pair*.

    Raises:
        UnableError: When a key of it can't be read.
    """
    from stack.dns.dkim import publication, state

    records = pair.records_of(project.dkim / domain)
    try:
        seen = publication.look(domain, records, resolver)
    except UnableError as error:
        return list(error.problems)
    return [
        f"{state.record_name(each.selector, domain)}: {each.words}"
        for each in seen
        if each.shown != "shown"
    ]


def switch(
    project: Project, settings: "Settings", checked: Mapping[str, "DomainKeys"]
) -> None:
    """
    Have the next keys of the *checked* domains sign; those of now are retired.

    Raises:
        StackError: When another command has changed their keys, or the signer refuses.
    """
    from stack.apply import plan
    from stack.dns.dkim import state

    if not checked:
        return
    with verdicts.waiting_for_verdicts(project), project.lock():
        for name, known in checked.items():
            if state.load(project.dkim, name) != known:
                raise StackError(
                    f"{name}: another command has changed its keys meanwhile: see"
                    f" `stack dkim show {name}`"
                )
        carry_out(
            plan.dkim_switched(project, settings, list(checked), datetime.now(UTC)),
            verbose=False,
        )
    for name in checked:
        known = state.load(project.dkim, name)
        say(f"{name} signs with {known.signing.rsa} and {known.signing.ed25519} now.")


def destroy(project: Project, domains: Iterable[str]) -> None:
    """Destroy the private keys of *domains* that the signer uses no more."""
    from stack.apply import plan
    from stack.dns.dkim import state

    with project.lock():
        if not _is_applied(project):
            return
        for name in domains:
            if changes := plan.dkim_destroyed(project, name, datetime.now(UTC)):
                carry_out(changes)
                for pair in state.load(project.dkim, name).retired[-1:]:
                    say(
                        f"Keep {' and '.join(pair.names(name))} published until"
                        f" {pair.needed_until:%Y-%m-%d}: mail on its way needs them."
                    )


def forget(
    project: Project, domains: Iterable[str], resolver: "dns.resolver.Resolver"
) -> None:
    """Forget the keys that nobody needs and no name server shows any more."""
    from stack.apply import plan
    from stack.dns.dkim import publication, rotation, state

    for name in domains:
        gone = []
        for pair in rotation.removable(
            project.dkim, name, state.load(project.dkim, name), datetime.now(UTC)
        ):
            try:
                seen = publication.look(name, pair.records, resolver)
            except UnableError:
                continue
            if all(each.shown == "missing" for each in seen):
                gone.append(pair)
            else:
                say(
                    f"Remove {' and '.join(pair.names(name))} from the DNS: nobody"
                    " needs them any more."
                )
        if gone:
            with project.lock():
                carry_out(plan.dkim_forgotten(project, name, gone))


def advance(project: Project) -> None:
    """
    Go on with the rotations under way, as far as signer and DNS allow now.

    Raises:
        StackError: When the signer refuses its new tables.
    """
    from stack.accounts.store import database
    from stack.config import envfile
    from stack.dns.dkim import state
    from stack.dns.lookup import asker

    known = {
        name: state.load(project.dkim, name)
        for name in database.domains(project.database)
    }
    under_way = {n: each for n, each in known.items() if each.next or each.retired}
    # At the start of all containers nobody answers yet.
    if not under_way or not _is_applied(project):
        return
    resolver, ready = asker.resolver(), {}
    for name, each in under_way.items():
        if each.next and not_shown(project, name, each.next, resolver):
            say(
                f"The next DKIM keys of {name} wait for their records: `stack dkim show"
                f" {name}` tells where they are missing."
            )
        elif each.next:
            ready[name] = each
    switch(project, envfile.load(project.env), ready)
    destroy(project, under_way)
    forget(project, under_way, resolver)


def _is_applied(project: Project) -> bool:
    """Say whether the signer is up, and works with what was rendered last."""
    from stack.apply import verdicts as given

    look = given.view_reader(project)
    view = look(SIGNER) if look else None
    digest = given.digests(project).get(SIGNER)
    return bool(
        view
        and view.watches
        and view.verdict
        and not view.verdict.refused
        and view.verdict.digest == digest
    )
