"""Rules for the server certificate and its key: what clients check of them."""

from collections.abc import Iterator
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID

from stack.certs.bundle import is_self_signed, matches, names
from stack.certs.validation.chain import extension, is_authority
from stack.certs.validation.wording import shown, subject

CURVES = {"secp256r1", "secp384r1"}
SMALLEST_RSA = 2048  # bits


def key_problem(public: PublicKeyTypes) -> str:
    """Say why clients would refuse the key *public*; empty if they accept it."""
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


def judge_leaf(leaf: x509.Certificate, host: str, now: datetime) -> Iterator[str]:
    """Yield why clients that connect to *host* would refuse *leaf*."""
    its = names(leaf)
    if not its:
        yield (
            f"the certificate is for no host, as clients read it ({subject(leaf)}):"
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
            f"the certificate is an authority's own ({subject(leaf)}): bring the one"
            f" that it issued for {host}"
        )
    usage = extension(leaf, x509.ExtendedKeyUsage)
    if usage is not None and ExtendedKeyUsageOID.SERVER_AUTH not in usage:
        yield (
            "the certificate is not for servers, as its extended key usage lacks"
            " serverAuth: have one made that has it"
        )
