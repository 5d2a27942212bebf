"""Names of the server, and limits: refused and accepted values."""

import pytest

from tests.support.configuration.invalid_settings import complaint


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("mail_domain", "localhost", "must be a domain name"),
        ("mail_hostname", "192.0.2.1", "must be a domain name"),
        ("mail_domain", "bücher.example", "in ASCII, as the DNS has it: xn--bcher"),
        ("message_size_limit", "50M", "from 65536 to 157286400"),
        ("message_size_limit", "65535", "from 65536 to 157286400"),
        ("public_ipv6", "192.0.2.1", "must be an IPv6 address"),
        ("auth_rate_limit", "many", "from 0 to 1000000"),
        ("connection_rate_limit", "-1", "from 0 to 1000000"),
        ("message_rate_limit", "1e3", "from 0 to 1000000"),
    ],
)
def test_bad_value_is_refused_with_its_remedy(key, value, reason):
    """The error says which values are accepted."""
    assert reason in complaint(**{key: value})
