"""What each name server of a domain itself shows of its DKIM records."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from typing import Literal

import dns.exception
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.resolver

from stack.dns.dkim.state import record_name
from stack.dns.lookup import authoritative
from stack.dns.lookup.authoritative import Server
from stack.system.errors import UnableError
from stack.system.parallel import at_once

# Seconds for all servers of a domain, which are asked at the same time.
DEADLINE = 10.0

# A packet may get lost.
TRIES = 2

Shown = Literal["shown", "missing", "different", "unknown"]

WORDS = {
    "shown": "shows it",
    "missing": "has no such record",
    "different": "has another record there",
    "unknown": "gives no answer",
}


@dataclass(frozen=True)
class Sight:
    """What one address of a name server says of one record."""

    server: Server
    selector: str
    shown: Shown

    @property
    def words(self) -> str:
        """Server and verdict, as the end of a sentence that names the record."""
        return f"{self.server.name} ({self.server.address}) {WORDS[self.shown]}"


def look(
    domain: str, records: Mapping[str, str], resolver: dns.resolver.Resolver
) -> list[Sight]:
    """
    Ask every name server of *domain* for *records*, by their selectors.

    A server without an answer counts as one that lacks the record. Only an IPv6 address
    that can't be reached is left out, if the server answers on IPv4.

    Raises:
        UnableError: When the name servers of *domain* are not found.
    """
    # Not the selector's own name: caches would remember that it isn't there.
    zone = dns.name.from_text(f"_domainkey.{domain}")
    try:
        servers = sorted(
            set(authoritative.servers(zone, resolver)),
            key=lambda each: (each.name, each.address),
        )
    except dns.exception.DNSException as error:
        raise _lost(domain, str(error)) from None
    if not servers:
        raise _lost(domain, "none has an address")
    tasks = [partial(_ask, each, domain, records) for each in servers]
    sights = [
        Sight(server, selector, shown.get(selector, "unknown"))
        for server, shown in zip(servers, at_once(tasks, DEADLINE, {}), strict=True)
        for selector in records
    ]
    return list(_without_unreachable(sights))


def _ask(server: Server, domain: str, records: Mapping[str, str]) -> dict[str, Shown]:
    found: dict[str, Shown] = {}
    for selector, text in records.items():
        found[selector] = _shown(server, record_name(selector, domain), text)
        # Whoever is silent once is so again, which takes its time.
        if found[selector] == "unknown":
            break
    return found


def _shown(server: Server, name: str, text: str) -> Shown:
    reply = _reply(server, dns.name.from_text(name))
    if reply is None or reply.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return "unknown"
    found = [
        b"".join(each.strings)
        for rrset in reply.answer
        if rrset.rdtype == dns.rdatatype.TXT
        for each in rrset
    ]
    if not found:
        return "missing"
    # Of two records, a verifier may take either (RFC 6376 §3.6.2.2).
    wanted = "".join(text.split()).encode()
    is_it = [b"".join(each.split()) for each in found] == [wanted]
    return "shown" if is_it else "different"


def _reply(server: Server, name: dns.name.Name) -> dns.message.Message | None:
    for _ in range(TRIES):
        try:
            return authoritative.ask(server, name, dns.rdatatype.TXT)
        except (dns.exception.DNSException, OSError):
            continue
    return None


def _without_unreachable(sights: list[Sight]) -> Iterator[Sight]:
    answered = {
        each.server.name
        for each in sights
        if each.shown != "unknown" and ip_address(each.server.address).version == 4
    }
    for each in sights:
        is_ipv6 = ip_address(each.server.address).version == 6
        if each.shown == "unknown" and is_ipv6 and each.server.name in answered:
            continue
        yield each


def _lost(domain: str, reason: str) -> UnableError:
    return UnableError(
        f"the name servers of {domain} are not found ({reason}): see that the domain is"
        " registered and a resolver answers; --resolver ADDRESS asks another one"
    )
