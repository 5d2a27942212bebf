"""
Judges a key and the certificates that an operator brings from elsewhere.

What clients would refuse is refused here, while there is somebody to read why: with a
wrong certificate in use, nobody reads mail.
"""

import ssl
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID

from stack.certs.bundle import Bundle, common_name, is_self_signed, matches, names
from stack.certs.pem import Contents, blocks, certificate, read
from stack.certs.validation.chain import (
    Certificates,
    best_chain,
    extension,
    is_authority,
    is_complete,
    is_issued,
    is_valid,
    without_root,
)
from stack.system.errors import StackError

NO_KEY = "there is no private key in it: bring it too, as PEM, often named privkey.pem"
NO_CERTIFICATE = (
    "there is no certificate in it: bring it too, as PEM, often named fullchain.pem"
)
NO_ROOTS = " (no root is known here either: install the package ca-certificates)"

# What every client verifies, and our servers have ciphers for.
FITTING = "ECDSA P-256, ECDSA P-384, or RSA with at least 2048 bits"
CURVES = {"secp256r1", "secp384r1"}
SMALLEST_RSA = 2048
BROKEN_HASHES = {"md5": "MD5", "sha1": "SHA-1"}


def accept(text: str, host: str, now: datetime, authorities: Certificates) -> Bundle:
    """
    Return the key in *text*, and its chain in the order in which clients want it.

    The certificates may come in any order and with others among them. A root that
    signed itself is left out of the chain: who trusts it, has it.

    Raises:
        StackError: With everything that is wrong, not just the first thing.
    """
    found = read(text)
    host = host.lower().rstrip(".")
    problems = [*found.problems, *_judge_contents(found)]
    chain: Certificates = ()
    if found.certificates:
        leaf = _leaf(found, host, now)
        whole = best_chain(leaf, found.certificates, now, authorities)
        chain = without_root(whole)
        problems += _judge_leaf(leaf, host, now)
        problems += _judge_chain(whole, now, authorities)
    if problems:
        raise StackError(*problems)
    return Bundle(found.keys[0], tuple(chain))


def flaws(bundle: Bundle, host: str, now: datetime) -> list[str]:
    """
    Return why clients that look for *host* would refuse *bundle* as it is served.

    Whether they know the authority at the end of its chain isn't asked.
    """
    unfit = _unfit(bundle.leaf.public_key())
    return [
        *([f"{unfit}: have the certificate made anew"] if unfit else []),
        *_judge_leaf(bundle.leaf, host, now),
        *_judge_links(bundle.chain),
        *_judge_issuers(bundle.chain, now),
        *_judge_hashes(bundle.chain),
    ]


@cache
def authorities() -> Certificates:
    """Return the authorities that this machine trusts; none if it knows none."""
    paths = ssl.get_default_verify_paths()
    files = [Path(paths.cafile)] if paths.cafile else []
    # By the names that OpenSSL looks for: the rest of the folder is the same again.
    files += sorted(Path(paths.capath).glob("*.[0-9]")) if paths.capath else []
    texts = (path.read_text("ascii", "replace") for path in files if path.is_file())
    found = (certificate(block) for text in texts for _, block in blocks(text))
    return tuple(dict.fromkeys(each for each in found if each))


def shown(text: str, most: int = 100) -> str:
    """Return *text*, which a stranger may have written, fit to stand in a line."""
    text = text if len(text) <= most else f"{text[:most]}…"
    return text if text.isprintable() else repr(text)[1:-1]


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
        if why := _unfit(key.public_key()):
            yield f"{why}: have the certificate made anew for a key of {FITTING}"
        if found.certificates and not _made_for(found):
            seen = ", ".join(_subject(each) for each in found.certificates[:5])
            yield (
                f"the private key fits none of the certificates in it ({seen}): bring"
                " the key that the certificate was requested with"
            )


def _unfit(public: PublicKeyTypes) -> str:
    """Say why clients can't be shown the key *public*; nothing if they can."""
    if isinstance(public, RSAPublicKey):
        small = public.key_size < SMALLEST_RSA
        return f"its RSA key has {public.key_size} bits, too few" if small else ""
    if isinstance(public, EllipticCurvePublicKey):
        curve = public.curve.name
        odd = curve not in CURVES
        return (
            f"its key is on the curve {curve}, which few clients offer" if odd else ""
        )
    kind = type(public).__name__.strip("_").removesuffix("PublicKey")
    return f"its key is of the kind {kind}, which few clients verify"


# --- The certificate for it -------------------------------------------------------


def _made_for(found: Contents) -> list[x509.Certificate]:
    keys = [key.public_key() for key in found.keys]
    return [each for each in found.certificates if _public(each) in keys]


def _leaf(found: Contents, host: str, now: datetime) -> x509.Certificate:
    """
    Return the certificate for the key, the most useful if there are several.

    When none is, return the likeliest: there may be more to say about it.
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


def _judge_leaf(leaf: x509.Certificate, host: str, now: datetime) -> Iterator[str]:
    its = names(leaf)
    if not its:
        yield (
            f"the certificate is for no host, as clients read it ({_subject(leaf)}):"
            f" have one made with {host} for a subject alternative name"
        )
    elif not any(matches(name, host) for name in its):
        listed = ", ".join(map(shown, its[:5])) + (", …" if len(its) > 5 else "")
        yield f"the certificate is for {listed}, not for {host}: bring the one that is"
    if now > leaf.not_valid_after_utc:
        yield f"the certificate ended on {leaf.not_valid_after_utc:%Y-%m-%d}: renew it"
    if now < leaf.not_valid_before_utc:
        yield (
            f"the certificate begins on {leaf.not_valid_before_utc:%Y-%m-%d}: wait for"
            " that day, or set this machine's clock right"
        )
    if is_authority(leaf) and not is_self_signed(leaf):
        yield (
            f"the certificate is an authority's own ({_subject(leaf)}): bring the one"
            f" that it issued for {host}"
        )
    usage = extension(leaf, x509.ExtendedKeyUsage)
    if usage is not None and ExtendedKeyUsageOID.SERVER_AUTH not in usage:
        yield (
            "the certificate is not for servers, as its extended key usage lacks"
            " serverAuth: have one made that has it"
        )


# --- The chain above it -----------------------------------------------------------


def _judge_chain(
    chain: Certificates, now: datetime, authorities: Certificates
) -> Iterator[str]:
    yield from _judge_issuers(chain, now)
    # Who issued what is signed so can't be found out: the library doesn't verify it.
    if not is_complete(chain, authorities) and _hash(chain[-1]) not in BROKEN_HASHES:
        missing = shown(chain[-1].issuer.rfc4514_string())
        yield (
            f"the certificate of {missing} is missing, which issued that of"
            f" {_subject(chain[-1])}: add it, authorities offer it as the intermediate"
            f" or the chain{'' if authorities else NO_ROOTS}"
        )
    yield from _judge_hashes(chain)


def _judge_links(chain: Certificates) -> Iterator[str]:
    for lower, upper in pairwise(chain):
        if not is_issued(upper, lower) and _hash(lower) not in BROKEN_HASHES:
            yield (
                f"the certificate of {_subject(upper)} follows that of"
                f" {_subject(lower)}, which it did not issue: bring them in order, with"
                " `stack cert import`"
            )


def _judge_issuers(chain: Certificates, now: datetime) -> Iterator[str]:
    for issuer in chain[1:]:
        if not is_valid(issuer, now):
            yield (
                f"its issuer's certificate ({_subject(issuer)}) is valid from"
                f" {issuer.not_valid_before_utc:%Y-%m-%d} to"
                f" {issuer.not_valid_after_utc:%Y-%m-%d} only: get the authority's"
                " present one"
            )


def _judge_hashes(chain: Certificates) -> Iterator[str]:
    for each in without_root(chain):
        if weak := BROKEN_HASHES.get(_hash(each)):
            yield (
                f"the certificate of {_subject(each)} is signed with {weak}, which"
                " clients refuse: have it made anew, with SHA-256"
            )


# --- What certificates say --------------------------------------------------------


def _public(certificate: x509.Certificate) -> PublicKeyTypes | None:
    try:
        return certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return None


def _hash(certificate: x509.Certificate) -> str:
    try:
        used = certificate.signature_hash_algorithm
    except (ValueError, UnsupportedAlgorithm):
        return ""
    return used.name if used else ""


def _subject(certificate: x509.Certificate) -> str:
    named = [common_name(certificate.subject), *names(certificate), "no name"]
    return shown(next(filter(None, named)))
