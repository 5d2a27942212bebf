"""Aliases: added, listed, removed, and kept from leading nowhere or in circles."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from sqlalchemy import select
from sqlalchemy.orm import Session

from stack.addresses import domain_of
from stack.errors import StackError
from stack.models import Alias, Domain, User

# The names every domain must have (RFC 2142): Postfix gives them the first user.
ALWAYS_REACHED = ("postmaster", "abuse")


def listed(session: Session) -> dict[str, list[str]]:
    """Return the targets of each source, both sorted."""
    found: dict[str, list[str]] = defaultdict(list)
    for alias in session.scalars(select(Alias).order_by(Alias.source, Alias.target)):
        found[alias.source].append(alias.target)
    return dict(found)


def add(session: Session, source: str, targets: Iterable[str]) -> list[str]:
    """
    Send mail for *source* to *targets* too; return those that are new.

    A user's own address may be among its targets: it then keeps a copy.

    Raises:
        StackError: When the source isn't in a domain of ours, or mail would reach
            nobody or go in a circle.
    """
    ours = set(session.scalars(select(Domain.name)))
    if domain_of(source) and domain_of(source) not in ours:
        raise StackError(
            f"{source} is not in a domain of this server: add it with"
            f" `stack domain add {domain_of(source)}`"
        )
    known = listed(session).get(source, [])
    new = [target for target in dict.fromkeys(targets) if target not in known]
    session.add_all(Alias(source=source, target=target) for target in new)
    refuse_dead_ends(session, *new)
    refuse_circles(session)
    return new


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
    gone = set(targets) or set(known)
    for alias in session.scalars(select(Alias).filter_by(source=source)):
        if alias.target in gone:
            session.delete(alias)
    session.flush()
    refuse_dead_ends(session, *_every_target(session))


def refuse_dead_ends(session: Session, *targets: str) -> None:
    """
    Make sure that each of *targets* that an alias leads to reaches someone.

    Otherwise we would take such mail in, and then have to send it back to a sender
    who is likely to be forged.

    Raises:
        StackError: When one doesn't.
    """
    ways = _Ways(session)
    dead = {target for target in targets if ways.is_dead_end(target)}
    for source, leads_to in ways.aliases.items():
        for target in dead.intersection(leads_to):
            raise StackError(
                f"alias {source} → {target}: nobody has that address: first"
                f" `stack user add {target}`, or `stack alias remove {source} {target}`"
            )


def refuse_circles(session: Session) -> None:
    """
    Make sure that following aliases always comes to an end.

    Raises:
        StackError: When it doesn't.
    """
    try:
        TopologicalSorter(_Ways(session).graph()).prepare()
    except CycleError as error:
        circle = " → ".join(reversed(error.args[1]))
        raise StackError(
            f"alias {circle} leads in a circle: choose another target"
        ) from None


def _every_target(session: Session) -> list[str]:
    return list(session.scalars(select(Alias.target)))


class _Ways:
    """Where mail for an address goes next, in the order that Postfix looks."""

    def __init__(self, session: Session) -> None:
        self.aliases: Mapping[str, list[str]] = listed(session)
        self.users = set(session.scalars(select(User.address)))
        self.domains = set(session.scalars(select(Domain.name)))

    def key(self, address: str) -> str | None:
        """Return the source that *address* matches: itself, its name, its domain."""
        name, _, domain = address.rpartition("@")
        if domain not in self.domains:
            return None
        plain = name.partition("+")[0]
        keys = [address, f"{plain}@{domain}"]
        if f"{plain}@{domain}" not in self.users:
            keys += [name, plain, f"@{domain}"]
        return next((key for key in keys if key in self.aliases), None)

    def is_dead_end(self, address: str) -> bool:
        """Say whether *address* is in a domain of ours but reaches nobody."""
        name, _, domain = address.rpartition("@")
        plain = name.partition("+")[0]
        if domain not in self.domains or plain in ALWAYS_REACHED:
            return False
        return f"{plain}@{domain}" not in self.users and self.key(address) is None

    def graph(self) -> dict[str, list[str]]:
        """Return the sources that each source leads to."""
        return {key: self._next(key) for key in self.aliases}

    def _next(self, source: str) -> list[str]:
        found = []
        for target in self.aliases[source]:
            key = self.key(target)
            # A user that is its own target keeps a copy: Postfix stops there.
            if key and not (key == target == source and target in self.users):
                found.append(key)
        return found
