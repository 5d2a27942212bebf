"""The DNS Tree Walk, for policies and Organizational Domains (RFC 9989, 4.10)."""

from typing import NamedTuple

from mail_auth.dns.domain_names import ancestry
from mail_auth.dns.resolver import Resolver
from mail_auth.verifying.dmarc.record import Record, parse

# A name of so many labels is cut to seven: a walk asks eight times at most.
_DEEP = 8


class Found(NamedTuple):
    """A policy record, and the domain that published it."""

    domain: str
    record: Record


def walk(domain: str, resolver: Resolver) -> list[Found]:
    """
    Return the policy records from *domain* upwards, up to one that says where it ends.

    Raises:
        UnansweredError: One of the names could not be looked up.
    """
    found = []
    for name in targets(domain):
        if record := at(name, resolver):
            found.append(Found(name, record))
            if record.psd in {"y", "n"}:
                break
    return found


def at(domain: str, resolver: Resolver) -> Record | None:
    """Return the policy record that *domain* itself has; raises UnansweredError."""
    return parse(resolver.look_up(f"_dmarc.{domain}").records)


def targets(domain: str) -> list[str]:
    """Return the domains that a walk from *domain* visits, in their order."""
    _, *parents = ancestry(domain)
    return [domain, *parents[-_DEEP + 1 :]]


def organizational(domain: str, found: list[Found]) -> str:
    """Return the Organizational Domain that a walk from *domain* says (4.10.2)."""
    # A walk ends at the first record with psd=y or psd=n.
    if not found:
        return domain
    name, record = found[-1]
    if record.psd == "y" and name != domain:
        return _one_below(name, domain)
    return name


def policy(domain: str, found: list[Found]) -> Found | None:
    """
    Return the record that applies to *domain*, after a walk from there (4.10.1).

    It is its own one, that of its Organizational Domain, or of the public suffix.
    """
    owner = organizational(domain, found)
    by_name = {each.domain: each for each in found}
    suffix = found[-1] if found and found[-1].record.psd == "y" else None
    return by_name.get(domain) or by_name.get(owner) or suffix


def _one_below(parent: str, domain: str) -> str:
    names = ancestry(domain)
    return names[names.index(parent) - 1]
