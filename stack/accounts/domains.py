"""Adds and removes mail domains, and sets the name of the server."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from stack.accounts import addresses
from stack.accounts.routing import expansion, graph
from stack.accounts.store.models import Alias, Domain, Host, SendAs, User
from stack.system.errors import StackError


def listed(session: Session) -> list[tuple[str, int]]:
    """Return each domain with the number of its users."""
    query = (
        select(Domain.name, func.count(User.id))
        .outerjoin(User, User.domain_id == Domain.id)
        .group_by(Domain.name)
        .order_by(Domain.name)
    )
    return [(name, count) for name, count in session.execute(query)]


def add(session: Session, name: str) -> bool:
    """
    Accept mail for the domain *name*; return whether it is new.

    Raises:
        StackError: When aliases would then form a loop.
    """
    if session.scalar(select(Domain).filter_by(name=name)):
        return False
    session.add(Domain(name=name, unicode_name=addresses.unicode_name(name)))
    expansion.refuse_endless(session, expansion.REMEDY_WITHOUT_ALIAS)
    return True


def set_host(session: Session, name: str) -> None:
    """
    Set the host name of this server, MAIL_HOSTNAME, to *name*.

    Raises:
        StackError: When aliases would then reach nobody, or form a loop.
    """
    host = session.get(Host, 1)
    if not host:
        # Aliases of an earlier version stay, even those to nobody: `stack init` warns.
        session.add(Host(id=1, name=name))
        return
    dead = graph.Routing(session).dead_ends()
    host.name = name
    session.flush()
    for source, target in sorted(graph.Routing(session).dead_ends() - dead):
        raise StackError(
            f"alias {source} → {target}: with MAIL_HOSTNAME={name} nobody has that"
            f" address: first `stack alias remove {source} {target}`"
        )
    expansion.refuse_endless(session, expansion.REMEDY_WITHOUT_ALIAS)


def remove(session: Session, name: str) -> None:
    """
    Stop accepting mail for the domain *name*.

    Raises:
        StackError: When it isn't ours, or something in it or below it remains.
    """
    domain = session.scalar(select(Domain).filter_by(name=name))
    if not domain:
        raise StackError(
            f"{name} is not a domain of this server: see `stack domain list`"
        )
    left = _left_without(session, domain)
    if left:
        more = f" and {len(left) - 3} more" if len(left) > 3 else ""
        raise StackError(
            f"{name} still has {', '.join(left[:3])}{more}: remove users, aliases and"
            " rights to send first, with `stack user remove`, `stack alias remove` and"
            " `stack sendas remove`"
        )
    session.delete(domain)


def _left_without(session: Session, domain: Domain) -> list[str]:
    """Return what needs *domain*: users, aliases, their targets, rights to send."""
    others = {name for name, _ in listed(session)} - {domain.name}
    users = select(User.address).filter_by(domain_id=domain.id)
    left = set(session.scalars(users))
    for alias in session.scalars(select(Alias)):
        own = domain.name in (alias.domain, addresses.domain_of(alias.target))
        if own or (alias.domain and not addresses.nearest(alias.domain, others)):
            left.add(alias.source)
    for address in session.scalars(select(SendAs.address)):
        if not addresses.nearest(addresses.domain_of(address), others):
            left.add(address)
    return sorted(left)


def named(session: Session, name: str) -> Domain:
    """
    Return the domain *name*.

    Raises:
        StackError: When it isn't ours.
    """
    domain = session.scalar(select(Domain).filter_by(name=name))
    if not domain:
        raise StackError(
            f"{name} is not a domain of this server: add it with"
            f" `stack domain add {name}`"
        )
    return domain
