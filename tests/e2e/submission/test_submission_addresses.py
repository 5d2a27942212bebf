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
def test_a_recipient_that_no_mail_can_reach_is_refused(session, alice, recipient, code):
    """A domain that doesn't exist, or none at all, is refused before the message."""
    assert session.say(f"MAIL FROM:<{alice.address}>").code == 250

    assert session.say(f"RCPT TO:<{recipient}>").code == code


@pytest.mark.parametrize(
    ("sender", "code"), [("alice", 504), ("alice@localhost", 504), ("a@no.test", 553)]
)
def test_a_sender_that_no_answer_can_reach_is_refused(session, bob, sender, code):
    """A sender without a domain, or of one that isn't the user's, is refused."""
    session.say(f"MAIL FROM:<{sender}>")

    assert session.say(f"RCPT TO:<{bob.address}>").code == code
