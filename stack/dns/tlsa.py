"""
Looks up the TLSA records of this server, and matches certificates against them.

A published record promises that the server has this key (DANE, RFC 7672). Servers that
check DANE deliver no mail to a server with another key.
"""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from hashlib import sha256, sha512

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stack.certs.bundle import Bundle
from stack.system.errors import UnableError

# RFC 6698 §2.1: certificate usages, selectors, matching types.
TRUST_ANCHOR, END_ENTITY = 2, 3
WHOLE, KEY = 0, 1
EXACT, SHA256, SHA512 = 0, 1, 2

TIMEOUT = 10.0  # seconds
LARGEST = 1232  # bytes of an answer that needs no fragments


@dataclass(frozen=True)
class Tlsa:
    """One record (RFC 6698 §2.1)."""

    usage: int
    selector: int
    matching: int
    data: bytes

    def fits(self, chain: Sequence[x509.Certificate]) -> bool:
        """Say whether a DANE client accepts *chain*, the leaf first, by this record."""
        if self.usage == END_ENTITY:
            return self._matches(chain[0])
        return self.usage == TRUST_ANCHOR and any(map(self._matches, chain))

    def _matches(self, certificate: x509.Certificate) -> bool:
        part = _part(certificate, self.selector)
        found = {
            EXACT: part,
            SHA256: sha256(part).digest(),
            SHA512: sha512(part).digest(),
        }
        return found.get(self.matching) == self.data


@dataclass(frozen=True)
class Published:
    """The TLSA records for port 25 of a host."""

    records: frozenset[Tlsa]
    ttl: int
    """Seconds for which resolvers may have earlier answers cached."""

    def fit(self, bundles: Iterable[Bundle]) -> bool:
        """Say whether each of *bundles* matches a record; without records all do."""
        return not self.records or all(
            any(record.fits(bundle.chain) for record in self.records)
            for bundle in bundles
        )


def name_of(host: str) -> str:
    """Return the name of the TLSA records for SMTP to *host* (RFC 7672 §2.2.3)."""
    return f"_25._tcp.{host}"


def record_for(bundle: Bundle) -> str:
    """Return the record 3 1 1 of the key, which renewals with the same key keep."""
    return f"3 1 1 {bundle.key_digest}"


def published(host: str) -> Published:
    """
    Look up the TLSA records of *host*.

    Raises:
        UnableError: When the DNS doesn't answer.
    """
    import dns.exception
    import dns.flags
    import dns.name
    import dns.resolver

    from stack.dns.lookup import ttl

    name = dns.name.from_text(name_of(host))
    resolver = copy(dns.resolver.get_default_resolver())
    # DNSSEC signatures (DO) hold the original TTL.
    resolver.use_edns(0, dns.flags.DO, LARGEST)
    try:
        answer = resolver.resolve(
            name, "TLSA", lifetime=TIMEOUT, raise_on_no_answer=False, search=False
        )
    except dns.resolver.NXDOMAIN as error:
        nothing = error.response(name)  # type: ignore[no-untyped-call]
        return Published(frozenset(), ttl.longest(nothing, resolver))
    except dns.exception.DNSException as error:
        raise UnableError(
            f"the DNS doesn't say whether {name_of(host)} has TLSA records ({error}):"
            " see that a name server answers, then try again"
        ) from None
    records = (
        Tlsa(each.usage, each.selector, each.mtype, each.cert)
        for each in answer.rrset or ()
    )
    seconds = ttl.longest(answer.response, resolver)
    return Published(frozenset(records), seconds)


def _part(certificate: x509.Certificate, selector: int) -> bytes:
    if selector == WHOLE:
        return certificate.public_bytes(Encoding.DER)
    return certificate.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
