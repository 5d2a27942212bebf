"""
Finds for how long resolvers may cache an answer of the DNS.

A caching resolver returns the rest of the TTL. The original TTL is in the record's
signature (RFC 4034 §3.1.4), else at the authoritative servers of the zone.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import dns.exception
import dns.message
import dns.rdatatype
import dns.resolver
import dns.rrset

from stack.dns.lookup import authoritative

# Seconds. Few resolvers cache for longer, whatever the record says.
MAX_TTL = 86_400

MOST_SERVERS = 4


def longest(response: dns.message.Message, resolver: dns.resolver.Resolver) -> int:
    """
    Return for how many seconds any part of *response* may be cached.

    The parts are CNAMEs, the records, or that there are none (RFC 2308 §5). A TTL that
    *resolver* can't find out counts as MAX_TTL.
    """
    found = [
        _ttl(rrset, response, resolver)
        for rrset in response.answer
        if rrset.rdtype != dns.rdatatype.RRSIG
    ]
    # Negative answers: the minimum in the SOA record, not the rest of its TTL.
    found += [
        rrset[0].minimum
        for rrset in response.authority
        if rrset.rdtype == dns.rdatatype.SOA
    ]
    return max(found, default=0)


def _ttl(
    rrset: dns.rrset.RRset,
    response: dns.message.Message,
    resolver: dns.resolver.Resolver,
) -> int:
    original = _original_ttl(rrset, response)
    if original is not None:
        return original
    with suppress(dns.exception.DNSException, OSError):
        answers = list(_authoritative(rrset, resolver))
        if answers:
            return max(answers)
    return max(rrset.ttl, MAX_TTL)


def _original_ttl(rrset: dns.rrset.RRset, response: dns.message.Message) -> int | None:
    """Return the original TTL in the signature of *rrset*, if it is signed."""
    signatures = response.get_rrset(
        response.answer, rrset.name, rrset.rdclass, dns.rdatatype.RRSIG, rrset.rdtype
    )
    return max((each.original_ttl for each in signatures or ()), default=None)


def _authoritative(
    rrset: dns.rrset.RRset, resolver: dns.resolver.Resolver
) -> Iterator[int]:
    """Yield the TTL of *rrset* at each authoritative server of its zone."""
    for server in islice(authoritative.servers(rrset.name, resolver), MOST_SERVERS):
        with suppress(dns.exception.DNSException, OSError):
            reply = authoritative.ask(server, rrset.name, rrset.rdtype)
            yield from (
                each.ttl
                for each in (reply.answer if reply else ())
                if (each.name, each.rdtype) == (rrset.name, rrset.rdtype)
            )
