"""Makes the self-signed certificate that the server starts with."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from stack.certs.bundle import Bundle, common_name, is_self_signed

# The longest lifetime that Apple's mail programs accept in a certificate that the user
# has trusted by hand.
LIFETIME = timedelta(days=825)

# The certificate begins earlier by this, for clients whose clocks are slow.
SKEW = timedelta(hours=1)


def self_signed(hosts: Sequence[str], now: datetime) -> Bundle:
    """Return a new P-256 key with a self-signed certificate for *hosts*."""
    key = ec.generate_private_key(ec.SECP256R1())
    # RFC 5280 allows 64 characters here; clients look at the alternative names only.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])])
    names = x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(names, False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .sign(key, hashes.SHA256())
    )
    return Bundle(key, (certificate,))


def is_made_here(bundle: Bundle) -> bool:
    """Say whether `self_signed` has made *bundle*: no other program makes the like."""
    leaf = bundle.leaf
    lifetime = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    return (
        is_self_signed(leaf)
        and len(bundle.chain) == 1
        and lifetime == LIFETIME + SKEW
        and common_name(leaf.subject) == bundle.names[0][:64]
    )
