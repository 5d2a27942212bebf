"""Lists of senders that are welcome or blocked, for a user or for everybody."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from stack.accounts.addresses import domain_of, unicode_name
from stack.accounts.store.models import SpamSender, User
from stack.system.errors import StackError

Verdict = Literal["block", "welcome"]

# Characters of one user's Sieve script, which holds the lists: about 5,000 entries.
# Dovecot compiles it for each message, in 20 ms at this size.
MAX_SCRIPT_LENGTH = 200_000


class Entry(NamedTuple):
    """A sender on a list: an address or `@domain`; the user, or None for everybody."""

    address: str
    user: str | None


def listed(session: Session, verdict: Verdict, user: User | None = None) -> list[Entry]:
    """Return the list *verdict*: all entries, or those that count for *user*."""
    query = (
        select(SpamSender.address, User.address)
        .outerjoin(User, User.id == SpamSender.user_id)
        .filter(SpamSender.verdict == verdict)
        .order_by(SpamSender.address, User.address)
    )
    if user:
        query = query.filter(
            (SpamSender.user_id == user.id) | SpamSender.user_id.is_(None)
        )
    return [Entry(address, whose) for address, whose in session.execute(query)]


def add(
    session: Session, verdict: Verdict, user: User | None, addresses: Iterable[str]
) -> list[str]:
    """
    Add *addresses*, a@d or @d, to a list of *user*, or of everybody if None.

    Return those that were not on it.

    Raises:
        StackError: When one is on the opposite list, or the lists get too long.
    """
    held = {each.address: each.verdict for each in _held(session, user)}
    for address in addresses:
        if held.get(address, verdict) != verdict:
            raise StackError(
                f"{address} is on the {held[address]} list{_of(user)}: first"
                f" `stack spam {held[address]} remove {_option(user)}{address}`"
            )
    new = [each for each in dict.fromkeys(addresses) if each not in held]
    session.add_all(
        SpamSender(
            user_id=user.id if user else None,
            verdict=verdict,
            address=address,
            unicode_address=_unicode(address),
        )
        for address in new
    )
    session.flush()
    _refuse_too_long(session)
    return new


def remove(
    session: Session, verdict: Verdict, user: User | None, addresses: Iterable[str]
) -> None:
    """
    Remove *addresses* from a list of *user*, or of everybody if None.

    Raises:
        StackError: When one isn't on it.
    """
    held = {e.address: e for e in _held(session, user) if e.verdict == verdict}
    missing = [each for each in addresses if each not in held]
    if missing:
        raise StackError(
            f"{', '.join(missing)}: not on the {verdict} list{_of(user)}: see"
            f" `stack spam {verdict} list`"
        )
    for address in dict.fromkeys(addresses):
        session.delete(held[address])


def _held(session: Session, user: User | None) -> list[SpamSender]:
    whose = SpamSender.user_id == user.id if user else SpamSender.user_id.is_(None)
    return list(session.scalars(select(SpamSender).filter(whose)))


def _unicode(address: str) -> str | None:
    domain = domain_of(address)
    written = unicode_name(domain)
    return written and address.removesuffix(domain) + written


def _refuse_too_long(session: Session) -> None:
    query = text(
        "SELECT address, length(script) FROM sieve_scripts"
        " ORDER BY length(script) DESC LIMIT 1"
    )
    longest = session.execute(query).one_or_none()
    if longest and longest[1] > MAX_SCRIPT_LENGTH:
        raise StackError(
            f"with that the lists for {longest[0]} would be {longest[1]} characters"
            f" long, over {MAX_SCRIPT_LENGTH}: name whole domains in place of their"
            " addresses"
        )


def _of(user: User | None) -> str:
    return f" of {user.address}" if user else " for everybody"


def _option(user: User | None) -> str:
    return f"--user {user.address} " if user else ""
