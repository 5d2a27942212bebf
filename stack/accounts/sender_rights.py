"""The rights of users to send from addresses other than their own."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from stack.accounts.addresses import domain_of, nearest
from stack.accounts.store.models import Domain, SendAs, User
from stack.system.errors import StackError


def listed(session: Session) -> dict[str, list[str]]:
    """Return the addresses that each user with such rights may send as, sorted."""
    query = (
        select(User.address, SendAs.address)
        .join(SendAs, SendAs.user_id == User.id)
        .order_by(User.address, SendAs.address)
    )
    found: dict[str, list[str]] = defaultdict(list)
    for login, address in session.execute(query):
        found[login].append(address)
    return dict(found)


def holder(session: Session, address: str) -> str | None:
    """Return a user who was given this very *address*, if there is one."""
    found = listed(session).items()
    return next((login for login, held in found if address in held), None)


def add(session: Session, user: User, addresses: Iterable[str]) -> list[str]:
    """
    Allow *user* to send as *addresses*, each a@d or @d; return the new ones.

    Raises:
        StackError: When an address isn't in a domain of ours or below one: we could
            not sign its mail.
    """
    ours = set(session.scalars(select(Domain.name)))
    for address in addresses:
        if not nearest(domain_of(address), ours):
            raise StackError(
                f"{address} is neither in a domain of this server nor below one, so its"
                " mail could not be signed: add it with"
                f" `stack domain add {domain_of(address)}`"
            )
    known = listed(session).get(user.address, [])
    new = [each for each in dict.fromkeys(addresses) if each not in known]
    session.add_all(SendAs(user_id=user.id, address=each) for each in new)
    return new


def remove(session: Session, user: User, addresses: Iterable[str] = ()) -> None:
    """
    Take the rights to send as *addresses* from *user*; without addresses, all.

    Raises:
        StackError: When it had no such right.
    """
    known = listed(session).get(user.address, [])
    missing = [each for each in addresses if each not in known]
    if missing or not known:
        what = f" as {', '.join(missing)}" if missing else ""
        raise StackError(
            f"{user.address} has no right to send{what}: see `stack sendas list`"
        )
    gone = set(addresses) or set(known)
    for right in session.scalars(select(SendAs).filter_by(user_id=user.id)):
        if right.address in gone:
            session.delete(right)
