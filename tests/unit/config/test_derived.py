"""What templates are told beside the settings themselves."""

from ipaddress import IPv4Network

import pytest

from stack.config.derived import Derived
from stack.config.settings import Settings
from stack.config.settings.limits import LARGEST_MESSAGE
from stack.config.types.relays import Relay


def derived(**values: str) -> Derived:
    """Work out what follows from *values*."""
    names = {"mail_domain": "example.org", "mail_hostname": "mail.example.org"}
    return Derived(Settings(**names | values))


@pytest.mark.parametrize(
    ("tls", "starttls_level", "tls_level"),
    [
        ("verify", "secure", "secure"),
        ("encrypt", "encrypt", "encrypt"),
        ("optional", "may", "encrypt"),
    ],
)
def test_port_465_is_never_without_tls(tls, starttls_level, tls_level):
    """Each word of RELAY_TLS has its level in Postfix, for either service."""
    found = derived(relay_tls=tls)

    assert found.relay_starttls_level == starttls_level
    assert found.relay_tls_level == tls_level


def test_without_relays_all_mail_goes_straight():
    """Nothing set: the ordinary delivery service, and no domain apart."""
    found = derived()

    assert found.sends_directly
    assert (found.default_transport, found.sender_relays) == ("smtp", {})


def test_the_relay_of_all_is_not_a_domains():
    """RELAY_HOST is the default, each pair of RELAY_BY_DOMAIN an exception."""
    found = derived(relay_host="a.example:465", relay_by_domain="b.example/c.example")

    assert not found.sends_directly
    assert found.default_transport == "relay-tls:[a.example]:465"
    assert found.sender_relays == {"b.example": Relay("c.example", 25)}


@pytest.mark.parametrize("size", [65_536, LARGEST_MESSAGE])
def test_clamav_takes_more_than_postfix_lets_in(size):
    """clamd can't look at files of 2 GiB, and wouldn't say so."""
    found = derived(message_size_limit=str(size))

    assert size < found.clamav_file_limit < 2**31
    assert size < found.clamav_scan_limit < 2**31


def test_a_dot_of_the_hostname_is_a_dot_in_a_pattern():
    """Another name that differs there only is not ours."""
    assert derived().hostname_pattern == r"mail\.example\.org"


def test_the_resolver_answers_every_network_of_containers():
    """Docker's own private ones, and the one of .env, which may be another."""
    found = derived(resolver_network="198.51.100.0/24", resolver_address="198.51.100.9")

    assert IPv4Network("198.51.100.0/24") in found.resolver_clients
    assert IPv4Network("172.16.0.0/12") in found.resolver_clients


def test_a_mailbox_below_the_trash_is_trash():
    """Programs make folders there."""
    assert {"Trash", "Trash/*", "Deleted Items/*"} <= set(derived().trash_mailboxes)
