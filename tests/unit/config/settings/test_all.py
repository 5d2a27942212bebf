"""What holds for the settings of all topics."""

from ipaddress import IPv4Address, IPv4Network, IPv6Network

import pytest
from pydantic import ValidationError

from stack.config.settings import Settings
from stack.config.types.networks import NameServer
from tests.support.configuration.invalid_settings import NAMES, complaint


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("log_level", "DEBUG", "must be info or debug"),
        ("allow_ephemeral_data", "true", "must be yes or no"),
    ],
)
def test_bad_value_is_refused_with_its_remedy(key, value, reason):
    """The error says which values are accepted."""
    assert reason in complaint(**{key: value})


def test_lists_become_typed_tuples():
    """Names become lower case, and empty items are left out."""
    made = Settings(
        **NAMES,
        trusted_forwarders="Lists.example,",
        postscreen_allowlist="192.0.2.25,198.51.100.0/24,2001:DB8:25::/64",
        resolver_upstream="192.0.2.53,,192.0.2.54:5353",
        spam_rules_channels="",
    )

    assert made.trusted_forwarders == ("lists.example",)
    assert made.postscreen_allowlist == (
        IPv4Network("192.0.2.25/32"),
        IPv4Network("198.51.100.0/24"),
        IPv6Network("2001:db8:25::/64"),
    )
    assert made.resolver_upstream == (
        NameServer(IPv4Address("192.0.2.53")),
        NameServer(IPv4Address("192.0.2.54"), 5353),
    )
    assert made.spam_rules_channels == ()


def test_settings_cannot_be_changed(settings):
    """No code can change a setting after the check."""
    with pytest.raises(ValidationError, match="frozen"):
        settings.smtp_port = 26
