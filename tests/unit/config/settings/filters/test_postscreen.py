"""The checks of postscreen(8): refused and accepted values."""

import pytest

from stack.config.reference import written
from stack.config.settings import Settings
from tests.support.configuration.invalid_settings import NAMES, complaint

ADDRESSES = "must be IPv4 or IPv6 addresses or networks like 192.0.2.25,198.51"


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("greeting_delay", "11", "from 0 to 10"),
        ("greeting_delay", "6s", "from 0 to 10"),
        ("dnsbl", "off", "must be a domain name like mail.example.org: off"),
        ("dnsbl", "a.test,", "must be ZONE, ZONE=ANSWERS, ZONE*WEIGHT or"),
        ("dnsbl", "a.test=127.255.255.1", "must not count 127.255.255.x"),
        ("dnsbl", "a.test,A.test", "must name each list once: A.test is there twice"),
        ("dnsbl_threshold", "0", "from 1 to 99"),
        ("dnsbl_threshold", "2", "must be at most 1: a client on all lists has"),
        ("greylisting", "on", "must be yes or no"),
        ("postscreen_allowlist", "partner.example", ADDRESSES),
        (
            "postscreen_allowlist",
            "192.0.2.1/24",
            "the network, 192.0.2.0/24, or the one",
        ),
        (
            "postscreen_allowlist",
            "2001:db8::1/64",
            "the network, 2001:db8::/64, or the one address, 2001:db8::1",
        ),
        ("postscreen_allowlist", "192.0.2.0/33", ADDRESSES),
        ("postscreen_allowlist", "2001:db8::/129", ADDRESSES),
        ("postscreen_allowlist", "[2001:db8::1]", ADDRESSES),
        ("postscreen_allowlist", "fe80::1%eth0", "without a zone"),
        ("postscreen_allowlist", "::ffff:192.0.2.1", "IPv4 addresses without ::ffff:"),
        ("postscreen_allowlist", "::ffff:0:0/96", "IPv4 addresses without ::ffff:"),
    ],
)
def test_bad_value_is_refused_with_its_remedy(key, value, reason):
    """The error says which values are accepted."""
    assert reason in complaint(**{key: value})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("greeting_delay", "0"),
        ("dnsbl", "a.test=127.0.0.[2..3]*2,a.test=127.0.0.4,list.dnswl.org*-3"),
    ],
)
def test_good_value_is_written_back_unchanged(key, value):
    """Compose passes on the same text."""
    assert written(getattr(Settings(**NAMES, **{key: value}), key)) == value


def test_dnsbl_may_be_none():
    """Several lists keep their order, and list_zones names each once."""
    assert Settings(**NAMES, dnsbl="none", dnsbl_threshold="9").dnsbl == ()
    assert Settings(**NAMES, dnsbl="b.test*2,a.test,b.test=127.0.0.2").list_zones == [
        "b.test",
        "a.test",
    ]
