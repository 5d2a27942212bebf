"""TLS_POLICY: refused and accepted values."""

import pytest

from stack.config.reference import written
from stack.config.settings import Settings
from tests.support.configuration.invalid_settings import NAMES, complaint


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("a.example", "must be pairs like partner.example=may"),
        ("a.example=", "must be pairs like partner.example=may"),
        ("=may", "must be pairs like partner.example=may"),
        ("a.example=secure", "must be pairs like partner.example=may"),
        ("a.example=may=none", "must be pairs like partner.example=may"),
        ("a=may", "must be a domain name"),
        ("@a.example=may", "must be a domain name"),
        (".a.example=may", "must be a domain name"),
        ("bücher.example=may", "must be in ASCII"),
        ("a.example=may,A.example=none", "a.example is there twice"),
    ],
)
def test_bad_value_is_refused_with_its_remedy(value, reason):
    """The error says which values are accepted, and which of several is wrong."""
    said = complaint(tls_policy=value)

    assert "TLS_POLICY" in said
    assert reason in said


def test_exceptions_are_normalised():
    """Names become lower case, and empty pairs are left out."""
    made = Settings(**NAMES, tls_policy="A.Example=may,,b.example=verify,")

    assert written(made.tls_policy) == "a.example=may,b.example=verify"


def test_dane_can_not_be_demanded_without_dnssec():
    """That mail would never leave."""
    assert "RESOLVER_DNSSEC must be yes while TLS_POLICY has a.example=dane" in (
        complaint(tls_policy="b.example=may,a.example=dane", resolver_dnssec="no")
    )
    assert Settings(**NAMES, tls_policy="a.example=dane").tls_policy
    assert Settings(
        **NAMES, tls_policy="a.example=may", resolver_dnssec="no"
    ).tls_policy
