"""Relays: refused and accepted values."""

import pytest

from stack.config.reference import written
from stack.config.settings import Settings
from tests.support.configuration.invalid_settings import NAMES, complaint


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("relay_host", "example.net:0", "with :port"),
        ("relay_host", "example.net:", "with :port"),
        ("relay_host", "example.net:99999", "with :port"),
        ("relay_host", "localhost", "must be a domain name"),
        ("relay_host", "[smtp.example.net]:587", "must be without [ ]"),
        ("relay_host", "user:pass@smtp.example.net", "`stack relay login`"),
        ("relay_host", "smtps://smtp.example.net", "must be the host alone"),
        ("relay_by_domain", "a.example/u:p@b.example", "`stack relay login`"),
        ("relay_by_domain", "a.example", "must be pairs like a.example/"),
        ("relay_by_domain", "a.example/", "must be pairs like a.example/"),
        ("relay_by_domain", "/smtp.example", "must be pairs like a.example/"),
        ("relay_by_domain", "smtp.example:587", "must be pairs like a.example/"),
        ("relay_by_domain", "a/smtp.example", "must be a domain name"),
        ("relay_by_domain", "@a.example/smtp.example", "must be a domain name"),
        ("relay_by_domain", "a.example/smtp.example:0", "with :port"),
        ("relay_by_domain", "a.example/b.example/c.example", "must be a domain name"),
        (
            "relay_by_domain",
            "a.example/smtp.example,A.EXAMPLE/b.example",
            "must name each domain once: a.example is there twice",
        ),
        ("relay_tls", "none", "must be verify, encrypt or optional"),
    ],
)
def test_bad_value_is_refused_with_its_remedy(key, value, reason):
    """The error says which values are accepted."""
    assert reason in complaint(**{key: value})


@pytest.mark.parametrize("key", ["relay_host", "relay_by_domain"])
def test_relay_by_address_cannot_be_verified(key):
    """No certificate proves an address to Postfix, so RELAY_TLS=verify is refused."""
    value = "192.0.2.1:587" if key == "relay_host" else "a.example/192.0.2.1:587"

    assert "RELAY_TLS can't be verify: write 192.0.2.1:587 by" in complaint(
        **{key: value}
    )
    assert Settings(**NAMES, **{key: value}, relay_tls="encrypt").relays


def test_relays_are_normalised():
    """Names become lower case, and empty pairs are left out."""
    made = Settings(**NAMES, relay_by_domain="A.Example/SMTP.example:587,")

    assert written(made.relay_by_domain) == "a.example/smtp.example:587"


def test_own_relay_of_a_domain_overrides_relay_host():
    """Without either, mail of the domain goes directly."""
    own = {"relay_by_domain": "a.example/smtp.example"}
    every = {"relay_host": "relay.example:587"}

    assert str(Settings(**NAMES, **own).relay_of("a.example")) == "smtp.example:25"
    assert Settings(**NAMES, **own).relay_of("example.org") is None
    both = Settings(**NAMES, **own, **every)
    assert str(both.relay_of("a.example")) == "smtp.example:25"
    assert str(both.relay_of("example.org")) == "relay.example:587"
