"""Adds and removes users, who have a mailbox and a login."""

from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from stack.accounts import addresses, aliases, domains, sender_rights
from stack.accounts.routing import expansion, graph
from stack.accounts.store import database
from stack.accounts.store.models import Alias, FormerUser, User
from stack.system.errors import StackError

# Whether the new user of a former address gets the mail kept for it.
Mail = Literal["keep", "new"]


def listed(session: Session) -> list[User]:
    """Return all users by address."""
    return list(session.scalars(select(User).order_by(User.address)))


def named(session: Session, address: str) -> User:
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
    Refuse an *address* that can't become a user.

    Raises:
        StackError: When its domain isn't ours or an alias domain, it is a user or an
            alias, or somebody else may send from it.
    """
    domain = domains.named(session, addresses.domain_of(address)).name
    if other := graph.domain_aliases(session).get(domain):
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


def refuse_without_mail_choice(
    session: Session, address: str, mail: Mail | None
) -> None:
    """
    Refuse a former *address* unless the caller says who gets the mail kept for it.

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


def add(
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
    refuse_without_mail_choice(session, address, mail)
    domain = domains.named(session, addresses.domain_of(address))
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


def remove(session: Session, address: str) -> None:
    """
    Remove the user *address* and its rights to send. Its mail is kept.

    Raises:
        StackError: When there is no such user, or an alias still leads to it.
    """
    dead = graph.Routing(session).dead_ends()
    gone = named(session, address)
    today = datetime.now(UTC).date()
    session.add(FormerUser(address=address, mailbox=gone.mailbox, removed_on=today))
    session.delete(gone)
    database.remove_password(session)
    session.flush()
    aliases.refuse_dead_ends(session, dead)
    expansion.refuse_endless(session, expansion.REMEDY_WITHOUT_ALIAS)
