"""A user may send from an address if its mail reaches that user, and from no other."""

import aiosmtplib
import pytest

from tests.support.clients.login import plain
from tests.support.mail.message import letter
from tests.support.server.accounts import open_account

pytestmark = pytest.mark.core


@pytest.fixture
def bare_name(server, alice, carol):
    """Give alice an alias that carries, in every domain, the name carol has in hers."""
    server.project.stack("alias", "add", "carol", alice.address)
    yield "carol"
    server.project.stack("alias", "remove", "carol", alice.address)


def test_an_alias_of_every_domain_takes_no_users_mail(
    bare_name, alice, carol, spammer, subject
):
    """Where a user has the name, mail to it is hers."""
    for to in (carol.address, f"{bare_name}@example.test"):
        spammer.send(to, letter("a@outside.test", to, f"{to} {subject}"))

    assert alice.receive(f"{bare_name}@example.test {subject}")
    assert carol.receive(f"{carol.address} {subject}")
    assert f"{carol.address} {subject}" not in alice.subjects()


def test_an_alias_of_every_domain_is_no_right_to_another_user(
    bare_name, alice, carol, bob, subject
):
    """Where a user has the name, nobody else sends from it."""
    own, hers = f"{bare_name}@example.test", carol.address
    alice.send(bob.address, message=letter(own, bob.address, subject), sender=own)

    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as envelope:
        alice.send(bob.address, subject, sender=hers)
    with pytest.raises(aiosmtplib.SMTPDataError) as header:
        alice.send(bob.address, message=letter(hers, bob.address, subject))

    assert bob.receive(subject).message["From"] == own
    assert [reply.code for reply in envelope.value.recipients] == [553]
    assert header.value.code == 550


def test_who_gets_the_rest_of_a_domain_may_send_from_it(server, alice, carol, subject):
    """The target of a catch-all sends from names that are nobody's, and no others."""
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


def test_the_postmaster_may_answer(alice, bob, subject):
    """The first user gets the postmaster's mail, and so may send as postmaster."""
    sender = "postmaster@example.test"

    alice.send(bob.address, message=letter(sender, bob.address, subject), sender=sender)

    assert bob.receive(subject).message["From"] == sender


def test_an_open_session_of_a_disabled_user_sends_nothing(server, alice, subject):
    """Whoever was logged in when the account was disabled is refused, too."""
    user = open_account(server, f"user-{subject.split()[-1]}@example.test")
    with server.connect(587, server.trust) as session:
        session.ehlo()
        answer = session.say(f"AUTH PLAIN {plain(user.address, user.password)}")

        server.project.stack("user", "disable", user.address)
        message = letter(user.address, alice.address, subject)
        reply = session.deliver(message, user.address, [alice.address])

    assert (answer.code, reply.code) == (235, 421)
