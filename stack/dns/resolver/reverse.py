"""Checks the reverse DNS of an address, as receivers of mail do."""

from ipaddress import IPv6Address

import dns.exception
import dns.resolver
import dns.reversename

# Seconds, for each of two questions.
TIMEOUT = 0.5


def problem(
    address: IPv6Address, host: str, resolver: dns.resolver.Resolver | None = None
) -> str | None:
    """
    Say what is wrong with the names of *address*, whose PTR record should be *host*.

    Args:
        address: That our mail comes from.
        host: Our name; its AAAA record should be *address* (RFC 8601, 2.7.3, iprev).
        resolver: Who is asked; the machine's own, unless told.

    Returns:
        The fault in words; empty if there is none, None if nobody can say it now.
    """
    asked = resolver or dns.resolver.Resolver()
    asked.lifetime = TIMEOUT
    try:
        reverse = dns.reversename.from_address(str(address))
        names = _found(asked, reverse.to_text(), "PTR")
        if f"{host}." not in names:
            has = f"is {', '.join(sorted(names))}" if names else "is missing"
            return f"the PTR record of {address} {has}, and should be {host}"
        addresses = _found(asked, f"{host}.", "AAAA")
    except (dns.exception.DNSException, OSError):
        return None
    if address not in map(IPv6Address, addresses):
        return f"{host} has no AAAA record {address}"
    return ""


def _found(resolver: dns.resolver.Resolver, name: str, kind: str) -> set[str]:
    try:
        return {each.to_text().lower() for each in resolver.resolve(name, kind)}
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return set()
