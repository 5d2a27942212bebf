"""
For how long others may remember an answer of the DNS.

A name server that remembers one tells the time that is left of it. What the record
itself says is in its signature (RFC 4034 §3.1.4), else with the zone's own servers.
"""

from collections.abc import Iterator
from contextlib import suppress

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.resolver
import dns.rrset

# Seconds. Few remember for longer, whatever the record says.
MAX_TTL = 86_400

TIMEOUT = 2.0  # seconds, for each of the zone's servers
MOST_SERVERS = 4


def longest(response: dns.message.Message, resolver: dns.resolver.Resolver) -> int:
    """
    Return for how many seconds anything in *response* may be remembered.

    That is each alias on the way, the records, or that there are none (RFC 2308 §5).
    What can't be found out, with *resolver* to ask, is taken to be MAX_TTL.
    """
    found = [
        _of(rrset, response, resolver)
        for rrset in response.answer
        if rrset.rdtype != dns.rdatatype.RRSIG
    ]
    # The zone says it in the SOA record, whatever is left of that.
    found += [
        rrset[0].minimum
        for rrset in response.authority
        if rrset.rdtype == dns.rdatatype.SOA
    ]
    return max(found, default=0)


def _of(
    rrset: dns.rrset.RRset,
    response: dns.message.Message,
    resolver: dns.resolver.Resolver,
) -> int:
    signed = _signed(rrset, response)
    if signed is not None:
        return signed
    with suppress(dns.exception.DNSException, OSError):
        told = list(_told(rrset, resolver))
        if told:
            return max(told)
    return max(rrset.ttl, MAX_TTL)


def _signed(rrset: dns.rrset.RRset, response: dns.message.Message) -> int | None:
    """Return what the signature of *rrset* says, if there is one."""
    signatures = response.get_rrset(
        response.answer, rrset.name, rrset.rdclass, dns.rdatatype.RRSIG, rrset.rdtype
    )
    return max((each.original_ttl for each in signatures or ()), default=None)


def _told(rrset: dns.rrset.RRset, resolver: dns.resolver.Resolver) -> Iterator[int]:
    """Yield what each of the zone's own servers says of *rrset*."""
    zone = dns.resolver.zone_for_name(rrset.name, resolver=resolver)
    question = dns.message.make_query(rrset.name, rrset.rdtype)
    question.flags &= ~dns.flags.RD
    for address in list(_servers(zone, resolver))[:MOST_SERVERS]:
        with suppress(dns.exception.DNSException, OSError):
            reply, _ = dns.query.udp_with_fallback(question, address, TIMEOUT)
            if reply.flags & dns.flags.AA:
                yield from (
                    each.ttl
                    for each in reply.answer
                    if (each.name, each.rdtype) == (rrset.name, rrset.rdtype)
                )


def _servers(zone: dns.name.Name, resolver: dns.resolver.Resolver) -> Iterator[str]:
    for server in resolver.resolve(zone, "NS"):
        for kind in ("A", "AAAA"):
            with suppress(dns.exception.DNSException):
                yield from (
                    each.address for each in resolver.resolve(server.target, kind)
                )
