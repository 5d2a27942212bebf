"""Mail from outside reaches the right inbox, or is refused at RCPT."""

import pytest

from tests.support.mail.large import MIB, large_letter
from tests.support.mail.message import letter, with_header

pytestmark = pytest.mark.core

ASKING = ("VRFY", "EXPN")


@pytest.mark.parametrize("port", [993, 143])
def test_a_stranger_writes_to_alice(stranger, alice, subject, port):
    """Mail from another mail server reaches alice, who may read it on either port."""
    stranger.send(alice.address, subject)

    received = alice.receive(subject, port=port)

    assert received.message["From"] == stranger.address
    assert "Until tomorrow" in received.message.get_content()


def test_the_other_server_speaks_tls_to_us(stranger, alice, subject):
    """A server that encrypts when it can, as most do, comes to us encrypted."""
    stranger.send(alice.address, subject)

    received = alice.receive(subject)

    assert "from mx.outside.test" in received.all("Received")[1]
    assert "using TLSv1.3" in received.all("Received")[1]


@pytest.mark.parametrize("tls", [True, False], ids=["TLS", "clear"])
def test_port_25_takes_mail_with_and_without_tls(spammer, alice, subject, tls):
    """Encryption is optional between servers (RFC 3207, section 4)."""
    message = letter("somebody@outside.test", alice.address, subject)

    reply = spammer.send(alice.address, message, "somebody@outside.test", tls=tls)

    assert reply.code == 250
    assert ("using TLS" in alice.receive(subject).all("Received")[1]) is tls


def test_mail_to_several_users_reaches_each(spammer, alice, bob, carol, subject):
    """One message to three mailboxes in two domains lies in all three."""
    everybody = [alice, bob, carol]
    message = letter("a@outside.test", alice.address, subject)

    with spammer.session() as session:
        to = [user.address for user in everybody]
        reply = session.deliver(message, "a@outside.test", to)

    assert reply.code == 250
    assert [user.receive(subject).message["Subject"] for user in everybody] == [
        subject
    ] * 3


def test_an_unknown_user_is_refused_at_the_door(spammer, subject):
    """Nobody has to write a bounce to a sender who may be forged (backscatter)."""
    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")
        reply = session.say("RCPT TO:<nobody@example.test>")

    assert reply.code == 550
    assert "5.1.1" in str(reply)


def test_a_bounce_for_alice_is_taken_and_for_nobody_is_not(spammer, alice, subject):
    """The null sender is as good as any, also in who it may write to (RFC 5321)."""
    message = letter("MAILER-DAEMON@outside.test", alice.address, subject)

    with spammer.session() as session:
        session.say("MAIL FROM:<>")
        unknown = session.say("RCPT TO:<nobody@example.test>")
        session.say("RCPT TO:<alice@example.test>")
        known = session.transmit(message)

    assert (unknown.code, known.code) == (550, 250)
    assert alice.receive(subject).all("Return-Path") == ["<>"]


@pytest.mark.parametrize("address", ["postmaster", "Postmaster"])
def test_the_postmaster_without_a_domain_is_reached(spammer, alice, subject, address):
    """<postmaster> alone must work (RFC 5321, 4.5.1); the first account gets it."""
    reply = spammer.send(address, letter("a@outside.test", address, subject))

    assert reply.code == 250
    assert alice.receive(subject)


@pytest.mark.parametrize("name", ["postmaster", "abuse"])
def test_the_names_of_rfc_2142_are_reached(spammer, alice, carol, subject, name):
    """Each domain has a postmaster and an abuse desk without anybody's doing."""
    to = f"{name}@second.test"

    reply = spammer.send(to, letter("a@outside.test", to, subject))

    assert reply.code == 250
    assert alice.receive(subject)


@pytest.mark.parametrize(
    "address",
    ["root@[127.0.0.1]", "root@localhost", "root@mail.example.test", "root@postfix"],
)
def test_there_are_no_mailboxes_but_the_users(spammer, address):
    """Nothing is delivered to a user of the container's own system."""
    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")

        assert 500 <= session.say(f"RCPT TO:<{address}>").code < 600


def test_capitals_and_a_detail_lead_to_the_same_user(spammer, alice, subject):
    """Addresses are not case-sensitive here, and what follows a + is the user's own."""
    to = "Alice+Shopping@EXAMPLE.Test"

    reply = spammer.send(to, letter("a@outside.test", to, subject))

    assert reply.code == 250
    assert alice.receive(subject)


def test_international_mail_arrives(spammer, alice, subject):
    """A message with addresses and headers in UTF-8 is delivered (RFC 6531, 6532)."""
    message = letter("pat@outside.test", alice.address, subject)
    message = with_header(message, "X-Greeting: Grüße aus Köln")

    reply = spammer.send(
        alice.address, message, "jürgen@outside.test", options=" SMTPUTF8"
    )

    assert reply.code == 250
    assert "Grüße aus Köln".encode() in alice.receive(subject).raw


@pytest.mark.provokes("postfix", "queue file size limit exceeded|close error")
def test_a_message_over_the_limit_is_refused(spammer, alice, subject):
    """The limit, 50 MiB, is announced, and holds for the size announced and sent."""
    limit = 50 * MIB
    message = large_letter("a@outside.test", alice.address, subject, limit + MIB)

    with spammer.session() as session:
        offered = session.ehlo().lines
        announced = session.say(f"MAIL FROM:<a@outside.test> SIZE={limit + 1}")
    sent = spammer.send(alice.address, message, options=" SIZE=1000")

    assert f"250-SIZE {limit}" in offered
    assert (announced.code, sent.code) == (552, 552)


def test_nobody_learns_who_has_a_mailbox(spammer, alice):
    """VRFY and EXPN tell nothing, about alice as about nobody (RFC 5321, 7.3)."""
    with spammer.session() as session:
        known, unknown = (
            [str(session.say(f"{verb} {user}@example.test")) for verb in ASKING]
            for user in ("alice", "nobody")
        )

    assert known == unknown
    assert all(answer.startswith("50") for answer in known)


@pytest.mark.parametrize("command", ["XCLIENT ADDR=127.0.0.1", "XFORWARD NAME=a"])
def test_nobody_may_pretend_to_be_another_client(spammer, command):
    """What a trusted proxy may say is not for strangers."""
    with spammer.session() as session:
        assert 500 <= session.say(command).code < 600
