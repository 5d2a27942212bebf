"""
Aliases: added, listed, removed, and kept from leading nowhere or in circles.

An alias domain is an alias `@old` → `@new`: each address there is the one of the
same name here, if somebody has that. Postfix looks up the same in SQL
(config/accounts.sql.j2, config/postfix/*.sqlite).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from sqlalchemy import select
from sqlalchemy.orm import Session

from stack.addresses import domain_of, nearest
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
        StackError: When the source isn't in a domain of ours or below one, or mail
            would reach nobody or go in a circle.
    """
    _refuse_foreign(session, source)
    known = listed(session).get(source, [])
    new = [target for target in dict.fromkeys(targets) if target not in known]
    _refuse_mixed(session, source, [*known, *new])
    session.add_all(Alias(source=source, target=target) for target in new)
    refuse_dead_ends(session)
    refuse_circles(session)
    return new


def _refuse_foreign(session: Session, source: str) -> None:
    domain = domain_of(source)
    if domain and not nearest(domain, set(session.scalars(select(Domain.name)))):
        raise StackError(
            f"{source} is neither in a domain of this server nor below one: add it"
            f" with `stack domain add {domain}`"
        )


def _refuse_mixed(session: Session, source: str, targets: list[str]) -> None:
    """Refuse what an alias domain can't be: a part, divided, or a link of a chain."""
    twins = domain_twins(session)
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
    if new in twins or old in twins.values():
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
    gone = set(targets) or set(known)
    for alias in session.scalars(select(Alias).filter_by(source=source)):
        if alias.target in gone:
            session.delete(alias)
    session.flush()
    refuse_dead_ends(session)


def domain_twins(session: Session) -> dict[str, str]:
    """Return the domain that each alias domain leads to."""
    return {
        domain_of(source): domain_of(target)
        for source, (target, *_) in listed(session).items()
        if target.startswith("@")
    }


def refuse_dead_ends(session: Session) -> None:
    """
    Make sure that all that aliases lead to reaches someone.

    Otherwise we would take such mail in, and then have to send it back to a sender
    who is likely to be forged.

    Raises:
        StackError: When one doesn't.
    """
    ways = _Ways(session)
    for source, targets in ways.aliases.items():
        for target in filter(ways.is_dead_end, targets):
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


class _Ways:
    """Where mail for an address goes next, in the order that Postfix looks."""

    def __init__(self, session: Session) -> None:
        self.aliases: Mapping[str, list[str]] = listed(session)
        self.users = set(session.scalars(select(User.address)))
        self.domains = set(session.scalars(select(Domain.name)))
        # Domains below ours that have aliases and no mailboxes.
        self.domains |= set(map(domain_of, self.aliases)) - {""}
        self.twins = domain_twins(session)

    def key(self, address: str) -> str | None:
        """Return the source that *address* matches: itself, its name, its domain."""
        address = self._settled(address)
        name, plain, domain = _parts(address)
        if domain not in self.domains:
            return None
        keys = self._written(address)
        if f"{plain}@{domain}" not in self.users:
            keys += [name, plain]
            if plain not in ALWAYS_REACHED and domain not in self.twins:
                keys.append(f"@{domain}")
        return next((key for key in keys if key in self.aliases), None)

    def is_dead_end(self, address: str) -> bool:
        """Say whether *address* is in a domain of ours but reaches nobody."""
        address = self._settled(address)
        _, plain, domain = _parts(address)
        if domain not in self.domains or plain in ALWAYS_REACHED or not plain:
            return False
        return f"{plain}@{domain}" not in self.users and self.key(address) is None

    def graph(self) -> dict[str, list[str]]:
        """Return the sources that each source leads to."""
        return {key: self._next(key) for key in self.aliases}

    def _next(self, source: str) -> list[str]:
        found = []
        for target in self.aliases[source]:
            key = None if target.startswith("@") else self.key(target)
            # A user that is its own target keeps a copy: Postfix stops there.
            if key and not (key == target == source and target in self.users):
                found.append(key)
        return found

    def _settled(self, address: str) -> str:
        """Return what *address*, if it is in an alias domain, is in the other one."""
        name, plain, domain = _parts(address)
        new = self.twins.get(domain)
        if not new or f"{plain}@{domain}" in self.users or self._is_written(address):
            return address
        there = f"{name}@{new}"
        keys = {f"{plain}@{new}", f"@{new}"}
        if keys & (self.users | set(self.aliases)) or self._is_written(there):
            return there
        return address

    def _is_written(self, address: str) -> bool:
        return any(key in self.aliases for key in self._written(address))

    def _written(self, address: str) -> list[str]:
        _, plain, domain = _parts(address)
        return [address, f"{plain}@{domain}"]


def _parts(address: str) -> tuple[str, str, str]:
    """Return the name before the @, the same without its +extension, the domain."""
    name, _, domain = address.rpartition("@")
    return name, name.partition("+")[0], domain
