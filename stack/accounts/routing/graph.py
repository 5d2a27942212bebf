"""
The aliases as a graph, looked up in the order in which Postfix does.

Postfix looks in SQL, and at the mail of the moment (config/postfix/*.sqlite). Here it
is worked out for all aliases at once, before one of them could lead nowhere.
"""

from collections import defaultdict
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from stack.accounts.addresses import domain_of
from stack.accounts.store.models import Alias, Domain, Host, User

# The names every domain must have (RFC 2142): Postfix gives them the first user.
ALWAYS_REACHED = ("postmaster", "abuse")


def listed(session: Session) -> dict[str, list[str]]:
    """Return the targets of each source, both sorted."""
    found: dict[str, list[str]] = defaultdict(list)
    for alias in session.scalars(select(Alias).order_by(Alias.source, Alias.target)):
        found[alias.source].append(alias.target)
    return dict(found)


def domain_aliases(session: Session) -> dict[str, str]:
    """Return the domain that each alias domain leads to."""
    return {
        domain_of(source): domain_of(target)
        for source, (target, *_) in listed(session).items()
        if target.startswith("@")
    }


class Routing:
    """Which user or alias takes the mail for an address, as Postfix looks it up."""

    def __init__(self, session: Session) -> None:
        """Read the accounts as they are in this *session*."""
        self.aliases: Mapping[str, list[str]] = listed(session)
        self.users = set(session.scalars(select(User.address)))
        self.domains = set(session.scalars(select(Domain.name)))
        # Where there are aliases and no mailboxes: in domains below ours, and in the
        # name of this server.
        self.domains |= set(map(domain_of, self.aliases)) - {""}
        self.domains |= set(session.scalars(select(Host.name)))
        self.domain_aliases = domain_aliases(session)

    def matching_source(self, address: str) -> str | None:
        """Return the source that *address* matches: itself, its name, its domain."""
        address = self._in_target_domain(address)
        name, plain, domain = _parts(address)
        if domain not in self.domains:
            return None
        keys = _exact_sources(address)
        if f"{plain}@{domain}" not in self.users:
            keys += [name, plain]
            if plain not in ALWAYS_REACHED:
                keys.append(f"@{domain}")
        return next((key for key in keys if key in self.aliases), None)

    def leads(self, address: str) -> tuple[str | None, list[str]]:
        """Return the source that *address* matches, and where that leads."""
        key = self.matching_source(address)
        return key, self.aliases[key] if key else []

    def dead_ends(self) -> set[tuple[str, str]]:
        """Return the aliases that lead into a domain of ours but reach nobody."""
        return {
            (source, target)
            for source, targets in self.aliases.items()
            for target in targets
            if self._is_dead_end(target)
        }

    def owner(self, address: str) -> str | None:
        """Return the user whose *address* it is, unless an alias is written for it."""
        name, _, domain = _parts(address)
        plain = f"{name}@{self.domain_aliases.get(domain, domain)}"
        return plain if plain in self.users else None

    def graph(self) -> dict[str, list[str]]:
        """Return the sources that each source leads to."""
        return {key: self._next(key) for key in self.aliases}

    def _is_dead_end(self, address: str) -> bool:
        address = self._in_target_domain(address)
        _, plain, domain = _parts(address)
        if domain not in self.domains or plain in ALWAYS_REACHED or not plain:
            return False
        return (
            f"{plain}@{domain}" not in self.users
            and self.matching_source(address) is None
        )

    def _next(self, source: str) -> list[str]:
        found = []
        for target in self.aliases[source]:
            key = None if target.startswith("@") else self.matching_source(target)
            # A user that is its own target keeps a copy: Postfix stops there.
            if key and not (key == target == source and target in self.users):
                found.append(key)
        return found

    def _in_target_domain(self, address: str) -> str:
        """Return what *address*, if it is in an alias domain, is in the other one."""
        name, _, domain = _parts(address)
        if domain not in self.domain_aliases or set(_exact_sources(address)) & set(
            self.aliases
        ):
            return address
        return f"{name}@{self.domain_aliases[domain]}"


def _parts(address: str) -> tuple[str, str, str]:
    """Return the name before the @, the same without its +extension, the domain."""
    name, _, domain = address.rpartition("@")
    return name, name.partition("+")[0], domain


def _exact_sources(address: str) -> list[str]:
    """Return the sources that would be written for this very *address*."""
    _, plain, domain = _parts(address)
    return [address, f"{plain}@{domain}"]
