"""Relays as Postfix wants them named."""

import pytest

from stack.config.types.relays import Relay, context, table


@pytest.mark.parametrize(
    ("text", "transport"),
    [
        ("smtp.example.net", "relay-starttls:[smtp.example.net]:25"),
        ("smtp.example.net:587", "relay-starttls:[smtp.example.net]:587"),
        ("smtp.example.net:465", "relay-tls:[smtp.example.net]:465"),
        ("192.0.2.1:587", "relay-starttls:[192.0.2.1]:587"),
    ],
)
def test_a_relay_is_reached_itself_not_its_mx(text, transport):
    """Postfix gets the relay in brackets, always with a port, 465 with TLS at once."""
    assert Relay.of(text).transport == transport


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
    found = context({}, tls)

    assert found["relay_starttls_level"] == starttls_level
    assert found["relay_tls_level"] == tls_level


def test_without_relays_all_mail_goes_straight():
    """Nothing set: the ordinary delivery service, and no domain apart."""
    found = context(table("", ""), "verify")

    assert (found["default_transport"], found["sender_relays"]) == ("smtp", {})


def test_the_relay_of_all_is_not_a_domains():
    """RELAY_HOST is the default, each pair of RELAY_BY_DOMAIN an exception."""
    found = context(table("a.example:465", "b.example/c.example"), "verify")

    assert found["default_transport"] == "relay-tls:[a.example]:465"
    assert found["sender_relays"] == {"b.example": Relay("c.example", 25)}
