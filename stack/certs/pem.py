"""Reads keys and certificates from PEM text, in any order."""

import re
import warnings
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from stack.certs.bundle import names
from stack.system.errors import StackError

MARK = re.compile(r"-----(BEGIN|END) ([A-Z0-9 ]{1,40})-----")
KEYS = {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY"}
CERTIFICATES = {"CERTIFICATE", "X509 CERTIFICATE"}
REQUESTS = {"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"}

ENCRYPTED = (
    "the private key is encrypted, and nobody can type its password when a server"
    " starts: decrypt it with `openssl pkey -in KEY -out NEW`"
)
REQUEST = (
    "it holds a certificate request: bring the certificate that the authority issued"
    " for it"
)
PKCS7 = (
    "its certificates are wrapped in PKCS #7: unwrap them with"
    " `openssl pkcs7 -print_certs -in FILE -out NEW`"
)
TRUSTED = (
    "its certificate is in OpenSSL's own form, with trust settings: remove these with"
    " `openssl x509 -in FILE -out NEW`"
)
PKCS12 = (
    "it is PKCS #12, not PEM: turn it into PEM with"
    " `openssl pkcs12 -in FILE -nodes -out NEW`"
)
DER = (
    "it is DER, not PEM: turn a certificate into PEM with"
    " `openssl x509 -inform DER -in FILE -out NEW`, a key with"
    " `openssl pkey -inform DER -in FILE -out NEW`"
)
NO_PEM = (
    "it is not PEM, whose lines are like -----BEGIN CERTIFICATE-----: turn a"
    " certificate into PEM with `openssl x509 -in FILE -out NEW`, a key with"
    " `openssl pkey -in FILE -out NEW`"
)
EMPTY = "it is empty: bring the private key and the certificates, as PEM"


class Contents(NamedTuple):
    """The keys and certificates in a text, each once, and what can't be used."""

    keys: list[PrivateKeyTypes]
    certificates: list[x509.Certificate]
    problems: list[str]


def read(text: str) -> Contents:
    """
    Return the keys and certificates in *text*; text around them is ignored.

    Raises:
        StackError: When it is not PEM at all.
    """
    if not MARK.search(text):
        raise StackError(_no_pem(text))
    keys: list[PrivateKeyTypes] = []
    certificates: dict[x509.Certificate, None] = {}
    problems: dict[str, None] = {}
    for kind, block in blocks(text):
        if problem := _misfit(kind, block):
            problems[problem] = None
        elif kind in KEYS and (key := _key(block)):
            keys += [] if _is_among(key, keys) else [key]
        elif kind in CERTIFICATES and (one := certificate(block)):
            certificates[one] = None
        elif kind in KEYS | CERTIFICATES:
            problems[_damaged(kind)] = None
    return Contents(keys, list(certificates), list(problems))


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Yield kind and text of each PEM block; without an end, the text is empty."""
    begin = None
    for mark in MARK.finditer(text):
        if mark[1] == "END" and begin and begin[2] == mark[2]:
            # Lines copied from a chat or a YAML file are indented.
            lines = text[begin.start() : mark.end()].split("\n")
            yield begin[2], "\n".join(line.strip() for line in lines)
            begin = None
        elif mark[1] == "BEGIN":
            if begin:
                yield begin[2], ""
            begin = mark
    if begin:
        yield begin[2], ""


def _misfit(kind: str, block: str) -> str:
    """Return the remedy for a block of the wrong *kind*; empty if the kind is right."""
    if kind == "ENCRYPTED PRIVATE KEY" or "Proc-Type: 4,ENCRYPTED" in block:
        return ENCRYPTED
    if kind in REQUESTS:
        return REQUEST
    return {"PKCS7": PKCS7, "TRUSTED CERTIFICATE": TRUSTED}.get(kind, "")


def _damaged(kind: str) -> str:
    what = "private key" if kind in KEYS else "certificate"
    return (
        f"a {what} in it is damaged or cut off: copy it anew, from its line"
        f" -----BEGIN {kind}----- to its line -----END {kind}-----"
    )


def _no_pem(text: str) -> str:
    # The low byte is the original one, both in Latin-1 and in the surrogates that
    # files.read uses for bytes that are not UTF-8.
    head = bytes(ord(letter) & 0xFF for letter in text[:24])
    if not text.strip():
        return EMPTY
    # DER begins with a SEQUENCE; PKCS #12 with its version, 3 (RFC 7292 §4).
    if head[:1] == b"\x30" and not text[:4].isprintable():
        return PKCS12 if b"\x02\x01\x03\x30" in head[2:10] else DER
    return NO_PEM


def _key(block: str) -> PrivateKeyTypes | None:
    try:
        return load_pem_private_key(block.encode("ascii", "replace"), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return None


def _is_among(key: PrivateKeyTypes, keys: Sequence[PrivateKeyTypes]) -> bool:
    return any(key.public_key() == each.public_key() for each in keys)


def certificate(block: str) -> x509.Certificate | None:
    """Read the certificate in *block*; None if it is damaged."""
    try:
        with warnings.catch_warnings():
            # The library warns of odd serial numbers, which old roots have.
            warnings.simplefilter("ignore")
            found = x509.load_pem_x509_certificate(block.encode("ascii", "replace"))
            # The library parses these on first use; errors must show here.
            _ = names(found), found.subject, found.issuer
    except Exception:  # the library raises many kinds; all mean damaged
        return None
    return found
