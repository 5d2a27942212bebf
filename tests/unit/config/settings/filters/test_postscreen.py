"""The checks of postscreen(8): refused and accepted values."""

import pytest

from stack.config.reference import written
from stack.config.settings import Settings
from tests.support.configuration.invalid_settings import NAMES, complaint


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
        (
            "postscreen_allowlist",
            "partner.example",
            "must be IPv4 addresses or networks",
        ),
        (
            "postscreen_allowlist",
            "192.0.2.1/24",
            "the network, 192.0.2.0/24, or the one",
        ),
        ("postscreen_allowlist", "192.0.2.0/33", "must be IPv4 addresses or networks"),
        ("postscreen_allowlist", "2001:db8::1", "must be IPv4 addresses or networks"),
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
