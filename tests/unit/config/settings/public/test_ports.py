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
