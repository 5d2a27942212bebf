"""Builds the chain from a server certificate up to a root that clients trust."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from cryptography import x509

from stack.certs.bundle import is_self_signed

# Clients follow chains of ten certificates at most.
MAX_LENGTH = 10

# Cross-signed authorities allow several chains. This bounds the search.
MAX_CHAINS = 1000

Certificates = Sequence[x509.Certificate]

Kind = TypeVar("Kind", bound=x509.ExtensionType)


def best_chain(
    leaf: x509.Certificate,
    certificates: Certificates,
    now: datetime,
    authorities: Certificates,
) -> Certificates:
    """
    Return the best chain from *leaf* up through *certificates*.

    Of two complete chains the longer one is better: clients that don't know a new root
    yet may know the older root that has cross-signed it.
    """

    def merit(chain: Certificates) -> tuple[bool, bool, int]:
        complete = is_complete(chain, authorities)
        valid = all(is_valid(each, now) for each in chain[1:])
        return complete, complete and valid, len(without_root(chain))

    return max(islice(_chains((leaf,), certificates), MAX_CHAINS), key=merit)


def _chains(chain: Certificates, certificates: Certificates) -> Iterator[Certificates]:
    yield chain
    if len(chain) == MAX_LENGTH or is_self_signed(chain[-1]):
        return
    above = {each.subject for each in chain}
    for each in certificates:
        if each.subject not in above and is_issued(each, chain[-1]):
            yield from _chains((*chain, each), certificates)


def without_root(chain: Certificates) -> Certificates:
    """Return *chain* without a root at its end: clients that trust the root have it."""
    return chain[:-1] if len(chain) > 1 and is_self_signed(chain[-1]) else chain


def is_complete(chain: Certificates, authorities: Certificates) -> bool:
    """Say whether *chain* ends at a root, or was issued by one of *authorities*."""
    last = chain[-1]
    return is_self_signed(last) or any(is_issued(each, last) for each in authorities)


def is_issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    """Say whether *issuer*, an authority or self-signed, has issued *certificate*."""
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:  # the library raises many kinds; for clients all mean no
        return False
    return is_authority(issuer) or is_self_signed(issuer)


def is_valid(certificate: x509.Certificate, now: datetime) -> bool:
    """Say whether *certificate* is valid at the time *now*."""
    return certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc


def is_authority(certificate: x509.Certificate) -> bool:
    """Say whether *certificate* may issue others (RFC 5280 §4.2.1.9)."""
    basic = extension(certificate, x509.BasicConstraints)
    return basic is not None and basic.ca


def extension(certificate: x509.Certificate, kind: type[Kind]) -> Kind | None:
    """Return the extension of a *kind*; None if *certificate* lacks it."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
