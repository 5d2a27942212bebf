"""
A private key with its certificate chain, in one PEM text.

The order is key, server certificate, issuers. Postfix needs this order in a chain file
(postconf(5), smtpd_tls_chain_files), and Dovecot reads it too. One file can be replaced
by one atomic rename.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

# The names that are safe in a daemon's configuration. An imported certificate can hold
# any text as a name.
HOST = re.compile(r"(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")

# The names of the curves in FIPS 186, which people use.
CURVES = {"secp256r1": "P-256", "secp384r1": "P-384"}


@dataclass(frozen=True)
class Bundle:
    """A private key and its chain, the server certificate first."""

    key: PrivateKeyTypes
    chain: tuple[x509.Certificate, ...]

    @classmethod
    def parse(cls, text: str) -> "Bundle":
        """
        Read *text* in the form that `pem` writes.

        Raises:
            ValueError: When it holds no readable key, or no certificate.
        """
        try:
            key = load_pem_private_key(text.encode(), password=None)
            return cls(key, tuple(x509.load_pem_x509_certificates(text.encode())))
        except (TypeError, UnsupportedAlgorithm) as error:
            raise ValueError(str(error)) from None

    @cached_property
    def pem(self) -> str:
        """The key and then the chain, as PEM."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        parts = [key, *(each.public_bytes(Encoding.PEM) for each in self.chain)]
        return b"".join(parts).decode()

    @property
    def key_matches(self) -> bool:
        """Whether the certificate is for this key."""
        return self.key.public_key() == self.leaf.public_key()

    @property
    def leaf(self) -> x509.Certificate:
        """The server certificate."""
        return self.chain[0]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Its DNS names, in the order of the certificate, in lower case."""
        return names(self.leaf)

    @property
    def not_after(self) -> datetime:
        """The end of its validity, in UTC."""
        return self.leaf.not_valid_after_utc

    @cached_property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate, in hexadecimal."""
        return fingerprint(self.leaf)

    @cached_property
    def key_digest(self) -> str:
        """The SHA-256 of the public key, what TLSA 3 1 1 holds (RFC 6698 §2.1)."""
        spki = self.leaf.public_key().public_bytes(
            Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        )
        return sha256(spki).hexdigest()

    @property
    def is_rsa(self) -> bool:
        """Whether the key is RSA, for clients that don't know ECDSA."""
        return isinstance(self.leaf.public_key(), RSAPublicKey)

    @property
    def key_type(self) -> str:
        """The kind of the key, as people call it: "ECDSA P-256", "RSA 2048"."""
        public = self.leaf.public_key()
        if isinstance(public, RSAPublicKey):
            return f"RSA {public.key_size}"
        if isinstance(public, EllipticCurvePublicKey):
            name = public.curve.name
            return f"ECDSA {CURVES.get(name, name)}"
        return type(public).__name__

    @property
    def issuer(self) -> str:
        """The common name of its issuer; "itself" if it is self-signed."""
        return "itself" if is_self_signed(self.leaf) else common_name(self.leaf.issuer)

    def covers(self, host: str) -> bool:
        """Say whether one of its names matches *host*."""
        return any(matches(name, host) for name in self.names)


def names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the DNS names in *certificate*, in lower case."""
    try:
        found = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return ()
    listed = (name.lower() for name in found.value.get_values_for_type(x509.DNSName))
    return tuple(name for name in listed if HOST.fullmatch(name))


def matches(name: str, host: str) -> bool:
    """Say whether *name* in a certificate matches *host* (RFC 9525 §6.3)."""
    return name == host or (
        name.startswith("*.") and name[2:] == host.partition(".")[2] != ""
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of *certificate*, in hexadecimal."""
    return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Say whether *certificate* is signed with its own key."""
    try:
        certificate.verify_directly_issued_by(certificate)
    except Exception:  # the library raises many kinds; all mean no
        return False
    return True


def common_name(name: x509.Name) -> str:
    """Return the common name in *name*, else the organization, else all of it."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := name.get_attributes_for_oid(kind):
            return str(found[0].value)
    return name.rfc4514_string()
