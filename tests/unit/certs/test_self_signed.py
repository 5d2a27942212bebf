"""The certificate that the server starts with."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from stack.certs.self_signed import self_signed

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def parts(pem: str):
    """Return the key and the certificate of *pem*."""
    return (
        load_pem_private_key(pem.encode(), password=None),
        x509.load_pem_x509_certificate(pem.encode()),
    )


def test_the_key_comes_first_and_fits_the_certificate():
    """One file holds both, in the order that Postfix reads."""
    pem = self_signed(["mail.example.org"], NOW).pem

    key, certificate = parts(pem)
    assert pem.index("PRIVATE KEY") < pem.index("CERTIFICATE")
    assert certificate.public_key() == key.public_key()
    assert isinstance(key.curve, ec.SECP256R1)
    certificate.verify_directly_issued_by(certificate)


def test_the_certificate_is_for_the_host_name():
    """Clients look at the alternative name, and take it for a server's."""
    _, certificate = parts(self_signed(["mail.example.org"], NOW).pem)

    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert names.value.get_values_for_type(x509.DNSName) == ["mail.example.org"]
    assert x509.oid.ExtendedKeyUsageOID.SERVER_AUTH in usage.value


def test_it_is_valid_now_and_no_longer_than_clients_accept():
    """Also on a clock that is a little behind; at most 825 days."""
    _, certificate = parts(self_signed(["mail.example.org"], NOW).pem)

    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc
    assert certificate.not_valid_after_utc - NOW <= timedelta(days=825)


def test_a_long_host_name_has_a_certificate_too():
    """A name over the 64 characters of a common name is no obstacle."""
    name = f"{'a' * 60}.{'b' * 60}.example.org"

    _, certificate = parts(self_signed([name], NOW).pem)

    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == [name]
