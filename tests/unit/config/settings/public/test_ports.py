"""Ports and networks of this machine: refused and accepted values."""

import pytest

from stack.config.reference import written
from stack.config.settings import Settings
from tests.support.configuration.invalid_settings import NAMES, complaint


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("smtp_port", "65536", "from 0 to 65535"),
        ("smtp_port", "-1", "from 0 to 65535"),
        ("smtp_port", "25.0", "from 0 to 65535"),
        ("smtp_port", "2_5", "from 0 to 65535"),
        ("smtp_port", "025", "from 0 to 65535"),
        ("smtp_port", "٢٥", "from 0 to 65535"),
        ("publish_address", "::", "must be an IPv4 address"),
        ("publish_address", "eth0", "must be an IPv4 address"),
        ("http_port", "65536", "from 0 to 65535"),
        ("http_port", "25", "must be another port: SMTP_PORT has it"),
        ("https_port", "80", "must be another port: HTTP_PORT has it"),
        ("network_subnet", "172.29.25.1/24", "must be the network, 172.29.25.0/24"),
        ("network_subnet", "172.29.25.0/30", "must be an IPv4 network"),
        ("ipv6", "on", "must be auto, yes or no"),
        ("publish_address_ipv6", "192.0.2.1", "must be an IPv6 address"),
        (
            "network_subnet_ipv6",
            "fd00::/48",
            "an IPv6 network in fd00::/8 with 64 bits",
        ),
        ("network_subnet_ipv6", "2001:db8::/64", "an IPv6 network in fd00::/8"),
        ("network_subnet_ipv6", "172.29.25.0/24", "an IPv6 network in fd00::/8"),
        ("ipv6_seen", "well", "must be , kept, hidden"),
    ],
)
def test_bad_value_is_refused_with_its_remedy(key, value, reason):
    """The error says which values are accepted."""
    assert reason in complaint(**{key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("http_port", "0"),
        ("http_port", "8080"),
        ("network_subnet_ipv6", "fd12:3456:789a:1::/64"),
        ("publish_address_ipv6", "::"),
        ("ipv6_seen", "old-network"),
    ],
)
def test_good_value_is_written_back_unchanged(key, value):
    """Compose passes on the same text."""
    assert written(getattr(Settings(**NAMES, **{key: value}), key)) == value


def test_two_services_cannot_share_a_port():
    """The error names the key that has the port already."""
    assert complaint(submission_port="25") == (
        "SUBMISSION_PORT must be another port: SMTP_PORT has it"
    )


def test_several_ports_may_be_0():
    """0 asks Docker for a free port, so it is no conflict."""
    ports = dict.fromkeys(["smtp_port", "imap_port", "imaps_port"], "0")

    assert Settings(**NAMES | ports).imap_port == 0
