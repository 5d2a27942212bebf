"""Asks each authoritative name server of a zone, past every cache."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.resolver

TIMEOUT = 2.0  # seconds, for each server


@dataclass(frozen=True)
class Server:
    """One address of a name server."""

    name: str
    """Without the last dot."""
    address: str


def servers(name: dns.name.Name, resolver: dns.resolver.Resolver) -> Iterator[Server]:
    """
    Yield the addresses of the servers of the zone that *name* is in.

    Raises:
        dns.exception.DNSException: When the zone or its servers are not found.
    """
    zone = dns.resolver.zone_for_name(name, resolver=resolver)
    for server in resolver.resolve(zone, "NS"):
        for kind in ("A", "AAAA"):
            with suppress(dns.exception.DNSException):
                for each in resolver.resolve(server.target, kind):
                    yield Server(server.target.to_text(True), each.address)


def ask(
    server: Server, name: dns.name.Name, kind: dns.rdatatype.RdataType
) -> dns.message.Message | None:
    """
    Return what *server* itself says of *name*, or None if it doesn't speak for it.

    Raises:
        dns.exception.DNSException: When it doesn't answer in time or not properly.
        OSError: When it can't be reached.
    """
    question = dns.message.make_query(name, kind)
    question.flags &= ~dns.flags.RD
    reply, _ = dns.query.udp_with_fallback(question, server.address, TIMEOUT)
    return reply if reply.flags & dns.flags.AA else None
