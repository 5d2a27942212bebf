"""Test authorities, and certificates that they issue, valid or invalid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.types import (
    CertificateIssuerPrivateKeyTypes,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
HOST = "mail.example.org"
SERVERS = (ExtendedKeyUsageOID.SERVER_AUTH,)

# The object identifiers of pkcs-1 (RFC 8017, appendix C), alike but for the last byte.
RSA_WITH = {
    name: bytes.fromhex("06092a864886f70d0101") + bytes([number])
    for name, number in {"md5": 4, "sha1": 5, "sha256": 11}.items()
}


@dataclass(frozen=True)
class Issued:
    """A certificate, with the key that it is for."""

    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes

    @property
    def pem(self) -> str:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """The key alone, as OpenSSL writes it today."""
        return self.key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ).decode()


def ecdsa() -> ec.EllipticCurvePrivateKey:
    """Return a new P-256 key, which is fast."""
    return ec.generate_private_key(ec.SECP256R1())


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return the RSA key of *bits* that all tests share, as it takes long to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def issue(
    name: str,
    by: Issued | None = None,
    *,
    key: CertificateIssuerPrivateKeyTypes | None = None,
    names: Sequence[str] = (),
    ca: bool = False,
    begin: datetime = NOW - DAY,
    end: datetime = NOW + 90 * DAY,
    usage: Sequence[x509.ObjectIdentifier] = (),
) -> Issued:
    """Issue a certificate for *name*, *by* itself unless an issuer is given."""
    key = key or ecdsa()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(by.certificate.subject if by else _name(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), True)
    )
    if names:
        listed = x509.SubjectAlternativeName([x509.DNSName(each) for each in names])
        builder = builder.add_extension(listed, False)
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), False)
    return Issued(builder.sign(by.key if by else key, hashes.SHA256()), key)


def authority(name: str, by: Issued | None = None, **other) -> Issued:
    """Issue an authority's certificate; without an issuer it is a root."""
    return issue(name, by, ca=True, **other)


def server(by: Issued | None, host: str = HOST, **other) -> Issued:
    """Issue a valid server certificate, except for *other* arguments of `issue`."""
    return issue(host, by, **{"names": [host], "usage": SERVERS, **other})


def signed_badly(issued: Issued, by: Issued, hash: hashes.MD5 | hashes.SHA1) -> Issued:
    """Sign *issued* again *by* an RSA key with a broken hash; libraries refuse to."""
    assert isinstance(by.key, rsa.RSAPrivateKey)
    old = issued.certificate
    body = old.tbs_certificate_bytes.replace(RSA_WITH["sha256"], RSA_WITH[hash.name])
    signature = by.key.sign(body, PKCS1v15(), hash)
    whole = (
        old.public_bytes(Encoding.DER)
        .replace(old.tbs_certificate_bytes, body)
        .replace(RSA_WITH["sha256"], RSA_WITH[hash.name])
        .replace(old.signature, signature)
    )
    return Issued(x509.load_der_x509_certificate(whole), issued.key)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
