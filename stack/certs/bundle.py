"""
A private key and the certificates that vouch for it, in one PEM text.

The key comes first, then the certificate made for it, then those of its issuers: what
Postfix wants of a chain file (postconf(5), smtpd_tls_chain_files) and Dovecot reads as
well, and what one atomic rename replaces.
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

# What may stand in a daemon's configuration. A certificate from elsewhere can hold
# any text for a name.
HOST = re.compile(r"(\*\.)?[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")

# Their names in FIPS 186, which people use.
CURVES = {"secp256r1": "P-256", "secp384r1": "P-384"}


@dataclass(frozen=True)
class Bundle:
    """A key, and its chain from the certificate made for it upwards."""

    key: PrivateKeyTypes
    chain: tuple[x509.Certificate, ...]

    @classmethod
    def parse(cls, text: str) -> "Bundle":
        """
        Read *text* as `pem` writes it.

        Raises:
            ValueError: When there is no key or no certificate in it that we know.
        """
        try:
            key = load_pem_private_key(text.encode(), password=None)
            return cls(key, tuple(x509.load_pem_x509_certificates(text.encode())))
        except (TypeError, UnsupportedAlgorithm) as error:
            raise ValueError(str(error)) from None

    @cached_property
    def pem(self) -> str:
        """The key, then the chain."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        parts = [key, *(each.public_bytes(Encoding.PEM) for each in self.chain)]
        return b"".join(parts).decode()

    @property
    def key_matches(self) -> bool:
        """Whether the key is the one that the certificate was made for."""
        return self.key.public_key() == self.leaf.public_key()

    @property
    def leaf(self) -> x509.Certificate:
        """The certificate made for the key."""
        return self.chain[0]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The host names it is for, in the order of the certificate."""
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
        """Whether clients need to know RSA, and nothing newer."""
        return isinstance(self.leaf.public_key(), RSAPublicKey)

    @property
    def key_type(self) -> str:
        """The kind of the key, as people call it."""
        public = self.leaf.public_key()
        if isinstance(public, RSAPublicKey):
            return f"RSA {public.key_size}"
        if isinstance(public, EllipticCurvePublicKey):
            name = public.curve.name
            return f"ECDSA {CURVES.get(name, name)}"
        return type(public).__name__

    @property
    def issuer(self) -> str:
        """Who issued it, in a few words."""
        return "itself" if is_self_signed(self.leaf) else common_name(self.leaf.issuer)

    def covers(self, host: str) -> bool:
        """Say whether a client that looks for *host* is satisfied."""
        return any(matches(name, host) for name in self.names)


def names(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the host names that *certificate* is for."""
    try:
        found = certificate.extensions.get_extension_for_class(
            x509.SubjectAlternativeName
        )
    except x509.ExtensionNotFound:
        return ()
    listed = (name.lower() for name in found.value.get_values_for_type(x509.DNSName))
    return tuple(name for name in listed if HOST.fullmatch(name))


def matches(name: str, host: str) -> bool:
    """Say whether *name* in a certificate means *host* (RFC 9525 §6.3)."""
    return name == host or (
        name.startswith("*.") and name[2:] == host.partition(".")[2] != ""
    )


def fingerprint(certificate: x509.Certificate) -> str:
    """Return the SHA-256 of *certificate*, in hexadecimal."""
    return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Say whether *certificate* vouches for itself."""
    try:
        certificate.verify_directly_issued_by(certificate)
    except Exception:  # whatever is wrong with it, it doesn't
        return False
    return True


def common_name(name: x509.Name) -> str:
    """Return the most telling part of *name*."""
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := name.get_attributes_for_oid(kind):
            return str(found[0].value)
    return name.rfc4514_string()
