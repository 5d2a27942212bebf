"""The values for templates that follow from the settings."""

from ipaddress import IPv4Network

import pytest

from stack.config.derived import EVERY, Derived
from stack.config.settings import Settings
from stack.config.settings.limits import LARGEST_MESSAGE
from stack.config.types.sending.relays import Relay


def derived(**values: str) -> Derived:
    """Return what follows from *values*."""
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
def test_relay_on_port_465_always_has_tls(tls, starttls_level, tls_level):
    """Each value of RELAY_TLS has a level of Postfix for either service."""
    found = derived(relay_tls=tls)

    assert found.relay_starttls_level == starttls_level
    assert found.relay_tls_level == tls_level


def test_without_relays_mail_goes_directly():
    """Postfix uses its service smtp for the senders of all domains."""
    found = derived()

    assert found.sends_directly
    assert (found.default_transport, found.sender_relays) == ("smtp", {})


def test_relay_by_domain_overrides_relay_host():
    """RELAY_HOST is the default, each pair of RELAY_BY_DOMAIN an exception."""
    found = derived(relay_host="a.example:465", relay_by_domain="b.example/c.example")

    assert not found.sends_directly
    assert found.default_transport == "relay-tls:[a.example]:465"
    assert found.sender_relays == {"b.example": Relay("c.example", 25)}


def test_exceptions_are_levels_of_postfix():
    """An operator's dane means proven: without TLSA records mail waits."""
    levels = ("none", "may", "encrypt", "dane", "verify")
    found = derived(tls_policy=",".join(f"{each}.example={each}" for each in levels))

    assert found.tls_levels == {
        "none.example": "none",
        "may.example": "may",
        "encrypt.example": "encrypt",
        "dane.example": "dane-only",
        "verify.example": "verify servername=hostname",
    }


@pytest.mark.parametrize("size", [65_536, LARGEST_MESSAGE])
def test_clamav_takes_more_than_postfix_lets_in(size):
    """clamd can't look at files of 2 GiB, and wouldn't say so."""
    found = derived(message_size_limit=str(size))

    assert size < found.clamav_file_limit < 2**31
    assert size < found.clamav_scan_limit < 2**31


def test_hostname_pattern_escapes_dots():
    """Another name, with another character there, does not match."""
    assert derived().hostname_pattern == r"mail\.example\.org"


def test_resolver_answers_every_network_of_containers():
    """RESOLVER_NETWORK may be outside the private networks."""
    found = derived(resolver_network="198.51.100.0/24", resolver_address="198.51.100.9")

    assert IPv4Network("198.51.100.0/24") in found.resolver_clients
    assert IPv4Network("172.16.0.0/12") in found.resolver_clients


def test_mailboxes_below_the_trash_may_grow_past_the_quota():
    """Mail programs keep deleted folders there."""
    assert {"Trash", "Trash/*", "Deleted Items/*"} <= set(derived().trash_mailboxes)


@pytest.mark.parametrize(
    ("values", "challenge"),
    [
        ({}, "standalone"),
        ({"web": "yes"}, "webroot"),
        ({"web": "yes", "acme_challenge": "manual"}, "manual"),
        ({"acme_challenge": "webroot"}, "webroot"),
    ],
)
def test_the_web_server_answers_challenges_where_it_runs(values, challenge):
    """It has port 80 then; names may be proven in the DNS all the same."""
    assert derived(**values).acme_challenge == challenge


@pytest.mark.parametrize(
    ("wanted", "seen", "is_open"),
    [
        ("auto", "kept", True),
        ("auto", "", False),
        ("auto", "unknown", False),
        ("yes", "kept", True),
        ("yes", "", True),
        ("yes", "unknown", True),
        ("no", "kept", False),
        *(
            (wanted, seen, False)
            for wanted in ("auto", "yes")
            for seen in ("hidden", "none", "old-network", "taken")
        ),
    ],
)
def test_ipv6_is_open_where_clients_keep_their_addresses(wanted, seen, is_open):
    """Whoever says yes is believed where nobody has seen otherwise."""
    found = derived(ipv6=wanted, ipv6_seen=seen)

    assert found.has_ipv6 == is_open
    assert bool(found.ipv6_closed) != is_open
    assert found.compose_ipv6 == {
        "COMPOSE_NETWORK_IPV6": "true" if is_open else "",
        "COMPOSE_ADDRESS_IPV6": "[::]" if is_open else "",
    }


@pytest.mark.parametrize(
    ("address", "on_ipv6", "expected"),
    [
        (str(EVERY), "", "[::]"),
        (str(EVERY), "2001:db8::1", "[2001:db8::1]"),
        ("127.0.0.1", "", ""),
        ("192.0.2.1", "", ""),
        ("192.0.2.1", "2001:db8::1", "[2001:db8::1]"),
    ],
)
def test_ipv6_is_open_on_all_addresses_only_where_ipv4_is(address, on_ipv6, expected):
    """Whoever has named one address has not asked for all of another kind."""
    wanted = {"publish_address_ipv6": on_ipv6} if on_ipv6 else {}
    found = derived(publish_address=address, ipv6_seen="kept", **wanted)

    assert found.compose_ipv6["COMPOSE_ADDRESS_IPV6"] == expected
    assert found.has_ipv6 == bool(expected)


@pytest.mark.parametrize(
    ("wanted", "names", "seen", "sends"),
    [
        ("auto", "match", "kept", True),
        ("auto", "differ", "kept", False),
        ("auto", "", "kept", False),
        ("yes", "differ", "kept", True),
        ("no", "match", "kept", False),
        ("yes", "match", "hidden", False),
    ],
)
def test_mail_leaves_on_ipv6_with_the_right_names(wanted, names, seen, sends):
    """And never where the containers have no IPv6."""
    found = derived(send_ipv6=wanted, ipv6_names=names, ipv6_seen=seen)

    assert found.sends_on_ipv6 == sends


def test_the_gateway_is_the_first_address_of_the_network():
    """Docker takes that one."""
    found = derived(network_subnet_ipv6="fd12:3456:789a:1::/64")

    assert str(found.gateway_ipv6) == "fd12:3456:789a:1::1"
