"""`stack sendas` lets a login send from all of a domain or subdomain."""

import pytest

from tests.support.clients.login import logged_in
from tests.support.dkim.signatures import Signature, records_to_publish, signatures
from tests.support.mail.message import letter
from tests.support.mail.outsiders import authentication_results
from tests.support.server.accounts import open_account, operate
from tests.support.world.name_servers.published_zone import publish

pytestmark = pytest.mark.core


@pytest.fixture(scope="module")
def app(server, carol):
    """Add a user for an application, with the right to send from two domains."""
    app = open_account(server, "app@example.test")
    operate(server.project, "sendas add app @books.example.test @second.test")
    publish(server.project)
    yield app
    operate(server.project, "user remove app@example.test")
    publish(server.project)


@pytest.fixture
def session(server, app):
    """Open the application's session, with a login name without a domain."""
    with logged_in(server, "app", app.password) as session:
        yield session


def test_a_login_sends_from_any_name_of_its_subdomain(
    server, session, stranger, subject
):
    """
    A login with the right to a subdomain sends from any address in it.

    It may log in with the name alone. Its mail is signed as the domain above, which
    DMARC accepts for the subdomain (relaxed alignment).
    """
    sender = f"order-{subject.split()[-1]}@books.example.test"

    reply = session.deliver(
        letter(sender, stranger.address, subject), sender, [stranger.address]
    )

    assert reply.code == 250, str(reply)
    received = stranger.receive(subject)
    assert received.message["From"] == sender
    assert received.all("Return-Path") == [f"<{sender}>"]
    assert set(signatures(received, records_to_publish(server))) == {
        Signature("example.test", algorithm, valid=True)
        for algorithm in ("rsa-sha256", "ed25519-sha256")
    }
    assert {
        "spf=pass smtp.mailfrom=books.example.test",
        "dmarc=pass header.from=books.example.test",
    } < authentication_results(received)


@pytest.mark.parametrize(
    "sender",
    [
        "x@sub.books.example.test",
        "x@xbooks.example.test",
        "x@books.example.test.invalid",
        "x@news.example.test",
        "nobody@example.test",
        "alice@example.test",
        "carol@second.test",
        "carol+x@second.test",
    ],
)
def test_a_right_to_a_domain_covers_no_other_domain_or_user(
    session, alice, subject, sender
):
    """A right to a domain covers no other domain and no other user's address."""
    envelope = session.deliver(
        letter("app@example.test", alice.address, subject), sender, [alice.address]
    )
    session.say("RSET")
    header = session.deliver(
        letter(sender, alice.address, subject), "app@example.test", [alice.address]
    )

    assert str(envelope).startswith("553 5.7.1")
    assert str(header).startswith("550 5.7.1")
    assert f"<{sender}> in From: does not belong to app@example.test" in str(header)


def test_a_removed_right_ends_at_the_next_message(server, app, session, alice, subject):
    """A right that is removed ends at the next message of an open session."""
    sender = "anybody@second.test"
    message = letter(sender, alice.address, subject)

    before = session.deliver(message, sender, [alice.address])
    operate(server.project, "sendas remove app @second.test")
    after = session.deliver(message, sender, [alice.address])
    operate(server.project, "sendas add app @second.test")

    assert (before.code, after.code) == (250, 553)
    assert alice.receive(subject)
