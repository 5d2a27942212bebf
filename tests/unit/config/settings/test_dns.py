"""The resolver: refused and accepted values."""

import pytest

from stack.config.settings import Settings
from tests.support.configuration.invalid_settings import NAMES, complaint


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("resolver_upstream", "dns.example", "must be IPv4 addresses like"),
        ("resolver_upstream", "192.0.2.1:0", "must be IPv4 addresses like"),
        ("resolver_upstream", "192.0.2.1,::1", "must be IPv4 addresses like"),
        ("resolver_upstream", "192.0.2.1,192.0.2.1", "must name each server once"),
        ("resolver_upstream", "127.0.0.53", "127.0.0.53 is the container itself"),
        ("resolver_upstream", "0.0.0.0:53", "0.0.0.0 is the container itself"),
        ("resolver_upstream", "224.0.0.251", "no server answers at 224.0.0.251"),
        (
            "resolver_upstream",
            "255.255.255.255",
            "no server answers at 255.255.255.255",
        ),
        ("resolver_network", "172.29", "must be an IPv4 network like"),
        ("resolver_network", "172.29.256", "must be an IPv4 network like"),
        ("resolver_network", "172.29.26.0", "must be an IPv4 network like"),
        ("resolver_network", "172.29.26.0/29", "must be an IPv4 network like"),
        ("resolver_network", "172.29.26.1/24", "must be the network, 172.29.26.0/24"),
        ("resolver_network", "172.29.25.0/24", "NETWORK_SUBNET has it"),
        ("resolver_network", "172.0.0.0/8", "NETWORK_SUBNET has it"),
        ("resolver_network", "10.1.2.0/24", "write RESOLVER_ADDRESS=10.1.2.53"),
        ("resolver_network", "10.1.2.16/28", "write RESOLVER_ADDRESS=10.1.2.30"),
        ("resolver_address", "172.29.27.53", "between 172.29.26.2 and 172.29.26.254"),
        ("resolver_address", "172.29.26.0", "between 172.29.26.2 and 172.29.26.254"),
        ("resolver_address", "172.29.26.1", "between 172.29.26.2 and 172.29.26.254"),
        ("resolver_address", "172.29.26.255", "between 172.29.26.2 and 172.29.26.254"),
        ("resolver_address", "53", "must be an IPv4 address"),
        ("dkim_rsa_bits", "1024", "must be 2048 or 4096"),
        ("dkim_rsa_bits", "4096.0", "must be 2048 or 4096"),
    ],
)
def test_bad_value_is_refused_with_its_remedy(key, value, reason):
    """The error says which values are accepted."""
    assert reason in complaint(**{key: value})


def test_resolver_cannot_be_its_own_upstream():
    """A query would loop until it is given up."""
    said = complaint(resolver_upstream="192.0.2.1,172.29.26.53:53")

    assert "172.29.26.53 is our own resolver" in said
    assert Settings(
        **NAMES, resolver_upstream="172.29.26.53", resolver_address="172.29.26.54"
    )
