"""Relays as Postfix wants them named."""

import pytest

from stack.config.types.sending.relays import DomainRelay, Relay


@pytest.mark.parametrize(
    ("text", "transport"),
    [
        ("smtp.example.net", "relay-starttls:[smtp.example.net]:25"),
        ("smtp.example.net:587", "relay-starttls:[smtp.example.net]:587"),
        ("smtp.example.net:465", "relay-tls:[smtp.example.net]:465"),
        ("192.0.2.1:587", "relay-starttls:[192.0.2.1]:587"),
    ],
)
def test_relay_is_reached_itself_not_its_mx(text, transport):
    """Postfix gets the relay in brackets, always with a port, 465 with TLS at once."""
    assert Relay.of(text).transport == transport


def test_relay_is_written_as_it_is_read():
    """In .env, always with its port."""
    pair = DomainRelay.of("A.example/smtp.example")

    assert str(pair) == "a.example/smtp.example:25"
    assert DomainRelay.of(str(pair)) == pair


@pytest.mark.parametrize("text", ["", ":587", "a.example:", "a.example:65536"])
def test_relay_needs_a_host_and_a_valid_port(text):
    """A port alone is no relay."""
    with pytest.raises(ValueError, match="must be a host name or IPv4 address"):
        Relay.of(text)
