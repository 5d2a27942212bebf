"""The client of the port check, on each kind of mail port."""

import ssl

import pytest

from stack.renewal.deployment import handshake
from stack.system.endpoints import SERVICES
from tests.support.certs.bundles import ROOT, bundle, bundled
from tests.support.network.mail_ports import (
    always,
    closed,
    hangs,
    says,
    serving,
    speaks,
)

ECDSA = bundle()
RSA = bundle(rsa=True)


@pytest.mark.parametrize("port", SERVICES)
def test_whole_chain_is_returned_on_every_port(port):
    """After STARTTLS, or from the first byte; the leaf first, as it is served."""
    with serving(port, speaks(port, always(ECDSA))) as endpoint:
        assert handshake.served_chain(endpoint, "mail.example.org") == ECDSA.chain
        assert handshake.served_chain(endpoint, None) == ECDSA.chain
        assert handshake.answers(endpoint)


@pytest.mark.parametrize("port", SERVICES)
def test_ipv4_and_ipv6_are_reached(port):
    """An IPv6 address is one like another."""
    with serving(port, speaks(port, always(ECDSA)), "::1") as endpoint:
        assert handshake.served_chain(endpoint, None) == ECDSA.chain


def test_client_can_ask_for_each_kind_of_key():
    """A server with two certificates serves the kind that the client offers."""
    with serving(465, speaks(465, always(ECDSA, RSA))) as endpoint:
        assert handshake.served_chain(endpoint, None, rsa=True) == RSA.chain
        assert handshake.served_chain(endpoint, None, rsa=False) == ECDSA.chain


@pytest.mark.parametrize(("shown", "asked"), [(ECDSA, True), (RSA, False)])
def test_missing_kind_of_key_is_an_error(shown, asked):
    """The handshake fails; no other certificate is returned."""
    with (
        serving(993, speaks(993, always(shown))) as endpoint,
        pytest.raises(ssl.SSLError, match="handshake failure"),
    ):
        handshake.served_chain(endpoint, None, rsa=asked)


def test_any_certificate_is_returned():
    """Expired, foreign and untrusted certificates are returned for the check."""
    stranger = bundle("www.example.net", by=(), begin=ECDSA.not_after)

    with serving(25, speaks(25, always(stranger))) as endpoint:
        assert handshake.served_chain(endpoint, "mail.example.org") == stranger.chain


def test_served_root_is_returned():
    """The chain is returned exactly as sent."""
    leaf = bundle(by=(ROOT,))

    with serving(143, speaks(143, always(leaf))) as endpoint:
        assert handshake.served_chain(endpoint, None) == leaf.chain
        assert len(leaf.chain) == 2
        assert leaf.chain[1:] == bundled(ROOT).chain


@pytest.mark.parametrize(
    ("port", "answers", "words"),
    [
        (25, [b"220 \r\n", b"250 \r\n", b"454 4.7.0 No TLS\r\n"], "454 4.7.0 No TLS"),
        (587, [b"220 \r\n", b"250 \r\n", b"502 5.5.1 What?\r\n"], "502 5.5.1 What?"),
        (25, [b"554 5.7.1 Go away\r\n"], "hung up"),
        (143, [b"* OK\r\n", b"a NO Not now\r\n"], "a NO Not now"),
        (143, [b"* BYE\r\n"], "hung up"),
        (25, [b""], "hung up"),
        (25, [b"\xff\xfe\r\n", b"\x00\r\n", b"\xff\r\n"], "\N{REPLACEMENT CHARACTER}"),
        (143, [b"HTTP/1.1 400\r\n", b"Bad Request\r\n"], "Bad Request"),
    ],
)
def test_refusal_of_starttls_is_quoted(port, answers, words):
    """The error quotes the reply, or says that there was none."""
    with (
        serving(port, says(*answers)) as endpoint,
        pytest.raises(ConnectionError, match="instead of STARTTLS") as caught,
    ):
        handshake.served_chain(endpoint, None)

    assert str(caught.value).partition(": ")[2] == words


@pytest.mark.parametrize("port", SERVICES)
@pytest.mark.parametrize(
    "words",
    [b"", b"a OK 220 250\r\n" * 4, b"\x16\x03\x01" * 9],
    ids=["", "lines", "TLS"],
)
def test_garbage_is_an_error(port, words):
    """Whatever a port says that speaks something else, it does not answer."""
    with serving(port, says(words)) as endpoint:
        assert not handshake.answers(endpoint)


@pytest.mark.parametrize("port", SERVICES)
def test_silent_port_times_out(port, monkeypatch):
    """The timeout is far longer than a healthy port needs."""
    monkeypatch.setattr(handshake, "TIMEOUT", 0.05)

    with serving(port, hangs) as endpoint, pytest.raises(TimeoutError):
        handshake.served_chain(endpoint, None)


def test_closed_port_does_not_answer():
    """The system refuses the connection."""
    with pytest.raises(ConnectionRefusedError):
        handshake.served_chain(closed(25), None)
    assert not handshake.answers(closed(25))


@pytest.mark.parametrize("port", SERVICES)
def test_session_ends_with_quit_or_logout(port):
    """The daemon logs no lost connection."""
    heard = []

    with serving(port, speaks(port, always(ECDSA), heard)) as endpoint:
        handshake.served_chain(endpoint, None)

    assert heard == [b"a LOGOUT\r\n" if port in (143, 993) else b"QUIT\r\n"]
