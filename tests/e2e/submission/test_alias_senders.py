"""A user may send from an address if its mail reaches that user, and from no other."""

import aiosmtplib
import pytest

from tests.support.clients.login import plain
from tests.support.mail.message import letter
from tests.support.server.accounts import open_account

pytestmark = pytest.mark.core


@pytest.fixture
def bare_name(server, alice, carol):
    """Give alice a bare alias with the name that carol has in her domain."""
    server.project.stack("alias", "add", "carol", alice.address)
    yield "carol"
    server.project.stack("alias", "remove", "carol", alice.address)


def test_a_bare_alias_takes_no_mail_of_a_user(
    bare_name, alice, carol, spammer, subject
):
    """
    Mail to a user's address goes to the user, also if a bare alias has the same name.
    """
    for to in (carol.address, f"{bare_name}@example.test"):
        spammer.send(to, letter("a@outside.test", to, f"{to} {subject}"))

    assert alice.receive(f"{bare_name}@example.test {subject}")
    assert carol.receive(f"{carol.address} {subject}")
    assert f"{carol.address} {subject}" not in alice.subjects()


def test_a_bare_alias_gives_no_right_to_a_users_address(
    bare_name, alice, carol, bob, subject
):
    """A target of a bare alias can't send from a user's address of the same name."""
    own, hers = f"{bare_name}@example.test", carol.address
    alice.send(bob.address, message=letter(own, bob.address, subject), sender=own)

    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as envelope:
        alice.send(bob.address, subject, sender=hers)
    with pytest.raises(aiosmtplib.SMTPDataError) as header:
        alice.send(bob.address, message=letter(hers, bob.address, subject))

    assert bob.receive(subject).message["From"] == own
    assert [reply.code for reply in envelope.value.recipients] == [553]
    assert header.value.code == 550


def test_a_catch_all_target_sends_from_unused_names(server, alice, carol, subject):
    """
    The target of a catch-all may send from unused names of the domain, and no others.
    """
    stack = server.project.stack
    anybody = f"{subject.split()[-1]}@second.test"
    message = letter(anybody, alice.address, subject)
    stack("alias", "add", "@second.test", alice.address)
    try:
        alice.send(alice.address, message=message, sender=anybody)
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            alice.send(alice.address, subject, sender=carol.address)
    finally:
        stack("alias", "remove", "@second.test", alice.address)

    assert [reply.code for reply in refused.value.recipients] == [553]
    assert alice.receive(subject).message["From"] == anybody
    assert [reply.code for reply in refused.value.recipients] == [553]


def test_the_first_user_may_send_as_postmaster(alice, bob, subject):
    """The first user gets the postmaster's mail, and may send as postmaster."""
    sender = "postmaster@example.test"

    alice.send(bob.address, message=letter(sender, bob.address, subject), sender=sender)

    assert bob.receive(subject).message["From"] == sender


def test_an_open_session_of_a_disabled_user_sends_nothing(server, alice, subject):
    """A user who was logged in when the account was disabled can't send any more."""
    user = open_account(server, f"user-{subject.split()[-1]}@example.test")
    with server.connect(587, server.trust) as session:
        session.ehlo()
        answer = session.say(f"AUTH PLAIN {plain(user.address, user.password)}")

        server.project.stack("user", "disable", user.address)
        message = letter(user.address, alice.address, subject)
        reply = session.deliver(message, user.address, [alice.address])

    assert (answer.code, reply.code) == (235, 421)
