"""
Passwords are asked for only under TLS; a wrong one is refused and locks nobody out.
"""

import time

import pytest

from tests.support.clients.dialogue import Smtp
from tests.support.clients.login import log_in
from tests.support.server.project import ADDRESS

SUBMISSION = (587, 465)


@pytest.mark.core
def test_port_587_takes_a_login_only_after_starttls(server):
    """Port 587 offers and takes a login only after STARTTLS (RFC 8314)."""
    with Smtp(ADDRESS, server.port(587)) as session:
        clear = session.ehlo()
        login = session.say("AUTH PLAIN AGEAYg==")
        mail = session.say("MAIL FROM:<alice@example.test>")
        encrypted = session.start_tls(server.trust)

    assert "AUTH" not in clear.keywords
    assert "AUTH" in encrypted.keywords
    assert (login.code, mail.code) == (530, 530)


@pytest.mark.core
def test_port_465_speaks_tls_from_the_first_byte(server):
    """Port 465 speaks TLS from the first byte, and offers a login at once."""
    with Smtp(ADDRESS, server.port(465), server.trust) as session:
        assert session.greeting.code == 220
        assert "AUTH" in session.ehlo().keywords


@pytest.mark.core
@pytest.mark.parametrize("tls", [True, False], ids=["TLS", "clear"])
def test_port_25_takes_no_login(spammer, server, tls):
    """Port 25 neither offers nor takes a login."""
    with spammer.session() as session:
        offer = session.start_tls(server.trust) if tls else session.ehlo()
        login = session.say("AUTH PLAIN AGEAYg==")

    assert "AUTH" not in offer.keywords
    assert login.code == 503


@pytest.mark.core
@pytest.mark.parametrize("port", SUBMISSION)
@pytest.mark.provokes("postfix", r"SASL \w+ authentication failed")
def test_a_wrong_password_is_refused(server, alice, port):
    """A wrong password gets 535, and so does an unknown user."""
    wrong, unknown, empty = log_in(
        server,
        port,
        (alice.address, "a guess"),
        ("nobody@example.test", "a guess"),
        (alice.address, ""),
    )

    assert wrong.code == 535
    assert wrong == unknown
    assert empty.code in (501, 535)


@pytest.mark.parametrize("blob", ["=", "AA==", "!!!", "AGFsaWNl"])
@pytest.mark.provokes("postfix", r"SASL \w+ authentication failed")
def test_malformed_credentials_are_refused(server, blob):
    """Empty and malformed credentials are refused, and the session goes on."""
    with server.connect(465, server.trust) as session:
        session.ehlo()

        assert 500 <= session.say(f"AUTH PLAIN {blob}").code < 600
        assert session.say("NOOP").code == 250


@pytest.mark.core
@pytest.mark.provokes("postfix", "request longer than 2048|disabling input from")
def test_credentials_of_13_kb_are_refused(server, alice, subject):
    """Credentials of 13 kB are refused, and other users can send (RFC 4954, 4)."""
    with server.connect(465, server.trust) as session:
        session.ehlo()

        assert 500 <= session.say(f"AUTH PLAIN {'A' * 13_000}").code < 600

    alice.send(alice.address, subject)
    assert alice.receive(subject)


@pytest.mark.provokes("postfix", r"SASL \w+ authentication failed")
def test_wrong_passwords_do_not_lock_an_address_out(server, alice):
    """
    After five wrong passwords from an address, a right one from there works.

    Dovecot's own penalty would grow past Postfix's time-out, and everybody behind that
    address would get a 454.
    """
    for number in range(5):
        (guess,) = log_in(server, 587, (alice.address, f"guess {number}"))
        assert guess.code == 535
    begin = time.monotonic()
    (right,) = log_in(server, 587, (alice.address, alice.password))
    alice.subjects()

    assert right.code == 235
    assert time.monotonic() - begin < 2
