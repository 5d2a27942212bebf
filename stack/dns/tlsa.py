"""
TLSA records of this server, as the DNS has them, and whether they fit.

Who has published a record promises that a certificate of that key is served (DANE,
RFC 7672): with another one, mail from servers that look at it would not come in.
"""

from collections.abc import Iterable
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

    def fits(self, bundle: Bundle) -> bool:
        """Say whether a client that goes by this record takes *bundle*."""
        if self.usage == END_ENTITY:
            return self._matches(bundle.leaf)
        return self.usage == TRUST_ANCHOR and any(map(self._matches, bundle.chain))

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
    """What the DNS says of a host's port 25."""

    records: frozenset[Tlsa]
    ttl: int
    """Seconds for which others may remember what was there before."""

    def fit(self, bundles: Iterable[Bundle]) -> bool:
        """Say whether each of *bundles* may be served: all fit if nothing is there."""
        return not self.records or all(
            any(record.fits(bundle) for record in self.records) for bundle in bundles
        )


def name_of(host: str) -> str:
    """Return where the records for mail to *host* are (RFC 7672 §2.2.3)."""
    return f"_25._tcp.{host}"


def record_for(bundle: Bundle) -> str:
    """Return the record that stays right for as long as the key does."""
    return f"3 1 1 {bundle.key_digest}"


def published(host: str) -> Published:
    """
    Ask the DNS for the records of *host*.

    Raises:
        UnableError: When it gives no answer.
    """
    import dns.exception
    import dns.flags
    import dns.name
    import dns.resolver

    from stack.dns import ttl

    name = dns.name.from_text(name_of(host))
    resolver = copy(dns.resolver.get_default_resolver())
    # With the signatures, which say for how long an answer may be remembered.
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
