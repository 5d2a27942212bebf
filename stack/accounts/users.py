"""Domains and users: added, changed, listed, removed."""

from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from stack.accounts import addresses, aliases, sender_rights
from stack.accounts.routing import expansion, graph
from stack.accounts.store import database
from stack.accounts.store.models import Alias, Domain, FormerUser, Host, SendAs, User
from stack.system.errors import StackError

# What helps where no alias is added.
CIRCLE = "first take one of these aliases away, with `stack alias remove`"

# What becomes of the mail of an address that had a user before.
Mail = Literal["keep", "new"]


def domains(session: Session) -> list[tuple[str, int]]:
    """Return each domain with the number of its users."""
    query = (
        select(Domain.name, func.count(User.id))
        .outerjoin(User, User.domain_id == Domain.id)
        .group_by(Domain.name)
        .order_by(Domain.name)
    )
    return [(name, count) for name, count in session.execute(query)]


def add_domain(session: Session, name: str) -> bool:
    """
    Take mail for *name* from now on; say whether that is new.

    Raises:
        StackError: When aliases would then lead in a circle.
    """
    if session.scalar(select(Domain).filter_by(name=name)):
        return False
    session.add(Domain(name=name, unicode_name=addresses.unicode_name(name)))
    expansion.refuse_endless(session, CIRCLE)
    return True


def set_host(session: Session, name: str) -> None:
    """
    Take note that this server is called *name*.

    Raises:
        StackError: When aliases lead there that would then reach nobody, or a circle.
    """
    host = session.get(Host, 1)
    if not host:
        # What an earlier version has let in stays as it is; `stack init` tells of it.
        session.add(Host(id=1, name=name))
        return
    dead = graph.Ways(session).dead_ends()
    host.name = name
    session.flush()
    for source, target in sorted(graph.Ways(session).dead_ends() - dead):
        raise StackError(
            f"alias {source} → {target}: with MAIL_HOSTNAME={name} nobody has that"
            f" address: first `stack alias remove {source} {target}`"
        )
    expansion.refuse_endless(session, CIRCLE)


def remove_domain(session: Session, name: str) -> None:
    """
    Take no more mail for *name*.

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
    """Return what would be in no domain of ours any more, or lead into this one."""
    others = {name for name, _ in domains(session)} - {domain.name}
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


def our_domain(session: Session, name: str) -> Domain:
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


def users(session: Session) -> list[User]:
    """Return all users by address."""
    return list(session.scalars(select(User).order_by(User.address)))


def user(session: Session, address: str) -> User:
    """
    Return the user *address*.

    Raises:
        StackError: When there is none.
    """
    found = session.scalar(select(User).filter_by(address=address))
    if not found:
        raise StackError(f"{address} is not a user: see `stack user list`")
    return found


def refuse_taken(session: Session, address: str) -> None:
    """
    Make sure that *address* could become a user.

    Raises:
        StackError: When its domain isn't ours or an alias domain, it is a user or an
            alias, or somebody else may send from it.
    """
    domain = our_domain(session, addresses.domain_of(address)).name
    if other := graph.domain_twins(session).get(domain):
        raise StackError(
            f"{address}: @{domain} is an alias domain of @{other}, so mail would not"
            f" reach the new mailbox: make it in {other}, or first"
            f" `stack alias remove @{domain}`"
        )
    if session.scalar(select(User).filter_by(address=address)):
        raise StackError(
            f"{address} is a user already: change it with `stack user passwd`,"
            " `stack user quota`, `stack user enable` or `stack user disable`"
        )
    if session.scalar(select(Alias).filter_by(source=address).limit(1)):
        raise StackError(
            f"{address} is an alias, so mail would not reach the new mailbox: first"
            f" `stack alias remove {address}`"
        )
    if login := sender_rights.holder(session, address):
        raise StackError(
            f"{login} may send as {address}, and would still when that is another's:"
            f" first `stack sendas remove {login} {address}`"
        )


def refuse_undecided(session: Session, address: str, mail: Mail | None) -> None:
    """
    Make sure that mail of somebody who had *address* before gets to nobody by mistake.

    Raises:
        StackError: When there may be such mail, and it isn't said what becomes of it.
    """
    former = session.get(FormerUser, address)
    if former and not mail:
        raise StackError(
            f"{address} had a user until {former.removed_on}, and the mail is kept: say"
            " --keep-mail to give it to the new user, the same person for one, or"
            " --new-mailbox to begin with an empty one"
        )


def add_user(
    session: Session,
    address: str,
    password_hash: str,
    quota_bytes: int | None,
    mail: Mail | None = None,
) -> None:
    """
    Make *address* a user with a mailbox.

    Raises:
        StackError: When it can't become one.
    """
    refuse_taken(session, address)
    refuse_undecided(session, address, mail)
    domain = our_domain(session, addresses.domain_of(address))
    former = session.get(FormerUser, address)
    mailbox = former.mailbox if former else None
    made = User(
        address=address,
        domain_id=domain.id,
        quota_bytes=quota_bytes,
        mailbox=_next_mailbox(address, mailbox) if mail == "new" else mailbox,
    )
    database.set_password(session, made, password_hash)
    session.add(made)
    if former:
        session.delete(former)


def _next_mailbox(address: str, last: str | None) -> str:
    """Return the folder after *last* for *address*, a name that no user has."""
    name = address.rpartition("@")[0]
    number = int(last.rpartition("+")[2]) if last else 1
    return f"{name}+{number + 1}"


def remove_user(session: Session, address: str) -> None:
    """
    Take the login, the address and its rights to send away; the mail stays.

    Raises:
        StackError: When there is no such user, or an alias still leads to it.
    """
    dead = graph.Ways(session).dead_ends()
    gone = user(session, address)
    today = datetime.now(UTC).date()
    session.add(FormerUser(address=address, mailbox=gone.mailbox, removed_on=today))
    session.delete(gone)
    database.remove_password(session)
    session.flush()
    aliases.refuse_dead_ends(session, dead)
    expansion.refuse_endless(session, CIRCLE)
