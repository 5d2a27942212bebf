"""Makes the certificate that the server starts with."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# The longest that Apple's mail programs accept from a certificate trusted by hand.
LIFETIME = timedelta(days=825)

# Room for clocks that are behind ours.
SKEW = timedelta(hours=1)


def self_signed(hostname: str, now: datetime) -> str:
    """
    Return a new P-256 key and a certificate for *hostname*, in one PEM text.

    The key comes first, then the chain: what Postfix wants of an SNI table, and
    what one atomic rename replaces (postconf(5), smtpd_tls_chain_files).
    """
    key = ec.generate_private_key(ec.SECP256R1())
    # RFC 5280 allows 64 characters here; clients look at the alternative name only.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hostname[:64])])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(hostname)]), False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return (private + certificate.public_bytes(Encoding.PEM)).decode()
