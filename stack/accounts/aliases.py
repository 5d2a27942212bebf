"""
Adds and removes aliases. No alias may lead to nobody, or in a loop.

An alias domain is an alias `@old` → `@new`: each address there is the one of the same
name here, if somebody has that.
"""

from collections.abc import Iterable, Set

from sqlalchemy import select
from sqlalchemy.orm import Session

from stack.accounts.addresses import domain_of, nearest
from stack.accounts.routing import expansion
from stack.accounts.routing.graph import Routing, domain_aliases, listed
from stack.accounts.store.models import Alias, Domain, User
from stack.system.errors import StackError


def add(session: Session, source: str, targets: Iterable[str]) -> list[str]:
    """
    Send mail for *source* to *targets* too; return those that are new.

    A user's own address may be among its targets: it then keeps a copy.

    Raises:
        StackError: When the source isn't in a domain of ours or below one, or mail
            would reach nobody, go in a loop, or to more addresses than Postfix
            follows.
    """
    _refuse_foreign(session, source)
    known = listed(session).get(source, [])
    new = [target for target in dict.fromkeys(targets) if target not in known]
    _refuse_mixed(session, source, [*known, *new])
    dead = Routing(session).dead_ends()
    session.add_all(Alias(source=source, target=target) for target in new)
    _refuse_nobody(session, dead)
    expansion.refuse_endless(session)
    return new


def refuse_taking(session: Session, source: str, targets: Iterable[str]) -> None:
    """
    Refuse an alias that would take a user's mail away from the mailbox.

    Raises:
        StackError: When the source is a user's, who isn't among its *targets*.
    """
    routing = Routing(session)
    owner = routing.owner(source)
    # An existing alias has taken that mail already.
    if not owner or source in routing.aliases or {source, owner} & set(targets):
        return
    raise StackError(
        f"{source} is the address of a user, {owner}, who would not get that mail any"
        f" more: name {owner} among the targets to leave a copy there, or say --instead"
        " if that is meant"
    )


def _refuse_nobody(session: Session, known: Set[tuple[str, str]]) -> None:
    """Refuse new aliases to nobody: their mail would bounce, maybe to a forgery."""
    routing = Routing(session)
    mailboxes = set(session.scalars(select(Domain.name)))
    for source, target in sorted(routing.dead_ends() - known):
        domain = domain_of(target)
        remedy = (
            f"first `stack user add {target}`, or choose another target"
            if domain in mailboxes
            else f"{domain} has no mailboxes, so choose another target"
        )
        raise StackError(
            f"alias {source} → {target}: nobody has that address: {remedy}"
        )


def _refuse_foreign(session: Session, source: str) -> None:
    domain = domain_of(source)
    if domain and not nearest(domain, set(session.scalars(select(Domain.name)))):
        raise StackError(
            f"{source} is neither in a domain of this server nor below one: add it"
            f" with `stack domain add {domain}`"
        )


def _refuse_mixed(session: Session, source: str, targets: list[str]) -> None:
    """Refuse an alias domain with other aliases, two targets, or one behind it."""
    others = domain_aliases(session)
    new = next((domain_of(t) for t in targets if t.startswith("@")), "")
    old = domain_of(source)
    if not new:
        return
    if not source.startswith("@"):
        raise StackError(
            f"{source} → @{new}: only a whole domain can lead to a whole domain:"
            " write @DOMAIN on both sides, or an address on the right"
        )
    if len(targets) > 1:
        raise StackError(
            f"@{old} → @{new}: an alias domain has one target and no catch-all: first"
            f" `stack alias remove @{old}`"
        )
    for name in (old, new):
        if not session.scalar(select(Domain).filter_by(name=name)):
            raise StackError(
                f"@{old} → @{new}: both must be domains of this server: add {name}"
                f" with `stack domain add {name}`"
            )
    if somebody := session.scalar(
        select(User.address).join(Domain).where(Domain.name == old).limit(1)
    ):
        raise StackError(
            f"@{old} → @{new}: {somebody} has a mailbox, which would get no mail: first"
            f" `stack user remove {somebody}`"
        )
    if new in {old, *others} or old in others.values():
        raise StackError(
            f"@{old} → @{new}: an alias domain can't lead to an alias domain: let it"
            " lead to the domain where the users are"
        )


def remove(session: Session, source: str, targets: Iterable[str] = ()) -> None:
    """
    Send mail for *source* no longer to *targets*, or if none are given to any.

    Raises:
        StackError: When there is no such alias, or another one leads to it.
    """
    known = listed(session).get(source, [])
    missing = [target for target in targets if target not in known]
    if missing or not known:
        arrow = f" → {', '.join(missing)}" if missing else ""
        raise StackError(f"{source}{arrow} is not an alias: see `stack alias list`")
    dead = Routing(session).dead_ends()
    gone = set(targets) or set(known)
    for alias in session.scalars(select(Alias).filter_by(source=source)):
        if alias.target in gone:
            session.delete(alias)
    session.flush()
    refuse_dead_ends(session, dead)


def without_mailbox(session: Session, address: str) -> list[str]:
    """Return the targets that take the mail of the user *address* from its mailbox."""
    targets = listed(session).get(address, [])
    return [] if address in targets or not Routing(session).owner(address) else targets


def refuse_dead_ends(session: Session, known: Set[tuple[str, str]]) -> None:
    """
    Refuse aliases that lead to nobody, except the *known* ones.

    Otherwise we would take such mail in, and then have to send it back to a sender
    who is likely to be forged.

    Raises:
        StackError: When one does.
    """
    for source, target in sorted(Routing(session).dead_ends() - known):
        raise StackError(
            f"alias {source} → {target}: nobody has that address then: first"
            f" `stack alias remove {source} {target}`"
        )
