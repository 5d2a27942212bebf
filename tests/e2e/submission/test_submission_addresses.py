"""A user's mail to or from an address that can't work is refused at once."""

import pytest

from tests.support.clients.login import plain

pytestmark = pytest.mark.core


@pytest.fixture
def session(server, alice):
    """Log in as alice on 587."""
    with server.connect(587, server.trust) as session:
        session.say(f"AUTH PLAIN {plain(alice.address, alice.password)}")
        yield session


@pytest.mark.parametrize(
    ("recipient", "code"),
    [("a@nowhere.test", 550), ("bob", 504), ("a@localhost", 504)],
)
def test_an_unreachable_recipient_domain_is_refused(session, alice, recipient, code):
    """A recipient with a domain that doesn't exist, or with none, is refused."""
    assert session.say(f"MAIL FROM:<{alice.address}>").code == 250

    assert session.say(f"RCPT TO:<{recipient}>").code == code


@pytest.mark.parametrize(
    ("sender", "code"), [("alice", 504), ("alice@localhost", 504), ("a@no.test", 553)]
)
def test_an_unreachable_sender_domain_is_refused(session, bob, sender, code):
    """A sender without a domain, or with one that is not the login's, is refused."""
    session.say(f"MAIL FROM:<{sender}>")

    assert session.say(f"RCPT TO:<{bob.address}>").code == code
