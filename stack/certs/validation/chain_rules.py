"""Rules for the certificates above the server's: issuers, dates and signatures."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from stack.certs.validation.chain import (
    Certificates,
    is_complete,
    is_issued,
    is_valid,
    without_root,
)
from stack.certs.validation.wording import shown, subject

# By the name of the hash in the library: what people call it.
BROKEN_HASHES = {"md5": "MD5", "sha1": "SHA-1"}
NO_ROOTS = " (no root is known here either: install the package ca-certificates)"


def judge_chain(
    chain: Certificates, now: datetime, authorities: Certificates
) -> Iterator[str]:
    """Yield what is wrong with *chain* for clients that trust *authorities*."""
    yield from judge_issuers(chain, now)
    # The library verifies no signature with a broken hash, so the issuer of such a
    # certificate stays unknown.
    if not is_complete(chain, authorities) and _hash(chain[-1]) not in BROKEN_HASHES:
        missing = shown(chain[-1].issuer.rfc4514_string())
        yield (
            f"the certificate of {missing} is missing, which issued that of"
            f" {subject(chain[-1])}: add it, authorities offer it as the intermediate"
            f" or the chain{'' if authorities else NO_ROOTS}"
        )
    yield from judge_hashes(chain)


def judge_links(chain: Certificates) -> Iterator[str]:
    """Yield each certificate in *chain* that did not issue the one before it."""
    for lower, upper in pairwise(chain):
        if not is_issued(upper, lower) and _hash(lower) not in BROKEN_HASHES:
            yield (
                f"the certificate of {subject(upper)} follows that of"
                f" {subject(lower)}, which it did not issue: bring them in order, with"
                " `stack cert import`"
            )


def judge_issuers(chain: Certificates, now: datetime) -> Iterator[str]:
    """Yield each issuer's certificate in *chain* that is not valid *now*."""
    for issuer in chain[1:]:
        if not is_valid(issuer, now):
            yield (
                f"its issuer's certificate ({subject(issuer)}) is valid from"
                f" {issuer.not_valid_before_utc:%Y-%m-%d} to"
                f" {issuer.not_valid_after_utc:%Y-%m-%d} only: get the authority's"
                " present one"
            )


def judge_hashes(chain: Certificates) -> Iterator[str]:
    """Yield each certificate that is signed with a broken hash; a root may be."""
    for each in without_root(chain):
        if weak := BROKEN_HASHES.get(_hash(each)):
            yield (
                f"the certificate of {subject(each)} is signed with {weak}, which"
                " clients refuse: have it made anew, with SHA-256"
            )


def _hash(certificate: x509.Certificate) -> str:
    try:
        used = certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        return ""
    return used.name if used else ""
