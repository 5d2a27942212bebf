"""
Checks a key and the certificates that an operator imports.

A certificate that clients would refuse is refused here, where the operator sees why.

The rules are our own, and not those of cryptography.x509.verification: that reports the
first fault only, names neither the missing issuer nor the dates, and refuses chains
without key identifiers, and host names with an underscore.
"""

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

from stack.certs.bundle import Bundle, is_self_signed, matches, names
from stack.certs.pem import Contents, read
from stack.certs.validation.chain import (
    Certificates,
    best_chain,
    is_authority,
    is_valid,
    without_root,
)
from stack.certs.validation.chain_rules import (
    judge_chain,
    judge_hashes,
    judge_issuers,
    judge_links,
)
from stack.certs.validation.leaf_rules import judge_leaf, key_problem
from stack.certs.validation.wording import subject
from stack.system.errors import StackError

NO_KEY = "there is no private key in it: add it, as PEM, often named privkey.pem"
NO_CERTIFICATE = (
    "there is no certificate in it: add it, as PEM, often named fullchain.pem"
)

# Keys that every client accepts, and that our servers have ciphers for.
FITTING = "ECDSA P-256, ECDSA P-384, or RSA with at least 2048 bits"


def accept(text: str, host: str, now: datetime, authorities: Certificates) -> Bundle:
    """
    Return the key in *text* with its certificate chain, the server's certificate first.

    The certificates in *text* may stand in any order, with others among them. The chain
    leaves out a self-signed root: clients that trust the root have it.

    Args:
        text: A private key and certificates, as PEM.
        host: The host that clients connect to.
        now: In UTC.
        authorities: The roots that clients trust.

    Raises:
        StackError: With every fault that was found, one line each.
    """
    found = read(text)
    host = host.lower().rstrip(".")
    problems = [*found.problems, *_judge_contents(found)]
    chain: Certificates = ()
    if found.certificates:
        leaf = _leaf(found, host, now)
        whole = best_chain(leaf, found.certificates, now, authorities)
        chain = without_root(whole)
        problems += judge_leaf(leaf, host, now)
        problems += judge_chain(whole, now, authorities)
    if problems:
        raise StackError(*problems)
    return Bundle(found.keys[0], tuple(chain))


def flaws(bundle: Bundle, host: str, now: datetime) -> list[str]:
    """
    Return why clients that connect to *host* would refuse *bundle* as it is served.

    The end of the chain may be any authority, known or not.
    """
    unfit = key_problem(bundle.leaf.public_key())
    return [
        *([f"{unfit}: have the certificate made anew"] if unfit else []),
        *judge_leaf(bundle.leaf, host, now),
        *judge_links(bundle.chain),
        *judge_issuers(bundle.chain, now),
        *judge_hashes(bundle.chain),
    ]


# --- The key ----------------------------------------------------------------------


def _judge_contents(found: Contents) -> Iterator[str]:
    if not found.keys and not any("private key" in each for each in found.problems):
        yield NO_KEY
    if not found.certificates and not any("certificate" in x for x in found.problems):
        yield NO_CERTIFICATE
    if len(found.keys) > 1:
        yield (
            f"{len(found.keys)} private keys are in it: leave only the one that the"
            " certificate was made for"
        )
    for key in found.keys[:1]:
        if why := key_problem(key.public_key()):
            yield f"{why}: have the certificate made anew for a key of {FITTING}"
        if found.certificates and not _made_for(found):
            seen = ", ".join(subject(each) for each in found.certificates[:5])
            yield (
                f"the private key fits none of the certificates in it ({seen}): bring"
                " the key that the certificate was requested with"
            )


# --- The certificate for it -------------------------------------------------------


def _made_for(found: Contents) -> list[x509.Certificate]:
    keys = [key.public_key() for key in found.keys]
    return [each for each in found.certificates if _public(each) in keys]


def _leaf(found: Contents, host: str, now: datetime) -> x509.Certificate:
    """
    Return the certificate for the key, the best one if there are several.

    If none is for the key, return the likeliest one: its faults are reported too.
    """
    likely = [each for each in found.certificates if not is_authority(each)]
    return max(
        _made_for(found) or likely or found.certificates,
        key=lambda each: (
            any(matches(name, host) for name in names(each)),
            is_valid(each, now),
            not is_self_signed(each),
            each.not_valid_after_utc,
        ),
    )


def _public(certificate: x509.Certificate) -> PublicKeyTypes | None:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None
