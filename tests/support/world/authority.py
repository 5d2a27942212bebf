"""An authority that the server under test believes, and what it has signed."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from stack.certs.self_signed import self_signed

# Python 3.13 takes an authority's word only if it says that it is one in every way.
_SIGNS = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


def write_certificates(folder: Path, hostname: str, others: Iterable[str]) -> None:
    """
    Make certificates for *hostname* in the new *folder*, each with its key.

    authorities.pem holds the authority alone, trusted.pem what it has signed, and
    untrusted.pem what nobody has. Each of the *others* has a signed one, too, in a
    file of its name.
    """
    now, key = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1())
    authority = _authority(key, now)
    folder.mkdir()
    (folder / "authorities.pem").write_text(_pem(authority))
    (folder / "trusted.pem").write_text(_signed(hostname, authority, key, now))
    (folder / "untrusted.pem").write_text(self_signed([hostname], now).pem)
    for name in others:
        (folder / f"{name}.pem").write_text(_signed(name, authority, key, now))


def _authority(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Tests' authority")])
    return (
        _builder(now)
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), True)
        .add_extension(_SIGNS, True)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False
        )
        .sign(key, hashes.SHA256())
    )


def _signed(
    hostname: str,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(now)
        .subject_name(x509.Name([]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(hostname)]), True)
        .add_extension(_issued_by(authority_key), False)
        .sign(authority_key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private.decode() + _pem(certificate)


def _issued_by(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())


def _builder(now: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()
