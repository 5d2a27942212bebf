"""Mail from outside reaches the right inbox, or is refused at RCPT."""

import pytest

from tests.support.mail.large import MIB, large_letter
from tests.support.mail.message import letter, with_header

pytestmark = pytest.mark.core

ASKING = ("VRFY", "EXPN")


@pytest.mark.parametrize("port", [993, 143])
def test_mail_from_another_server_is_delivered(stranger, alice, subject, port):
    """
    Mail from another mail server reaches the user, who may read it on either port.
    """
    stranger.send(alice.address, subject)

    received = alice.receive(subject, port=port)

    assert received.message["From"] == stranger.address
    assert "Until tomorrow" in received.message.get_content()


def test_another_server_uses_starttls(stranger, alice, subject):
    """A server that encrypts when it can delivers to us by TLS."""
    stranger.send(alice.address, subject)

    received = alice.receive(subject)

    assert "from mx.outside.test" in received.all("Received")[1]
    assert "using TLSv1.3" in received.all("Received")[1]


@pytest.mark.parametrize("tls", [True, False], ids=["TLS", "clear"])
def test_port_25_takes_mail_with_and_without_tls(spammer, alice, subject, tls):
    """Port 25 accepts mail with and without TLS (RFC 3207, section 4)."""
    message = letter("somebody@outside.test", alice.address, subject)

    reply = spammer.send(alice.address, message, "somebody@outside.test", tls=tls)

    assert reply.code == 250
    assert ("using TLS" in alice.receive(subject).all("Received")[1]) is tls


def test_mail_to_several_users_reaches_each(spammer, alice, bob, carol, subject):
    """One message to three users in two domains reaches each of them."""
    everybody = [alice, bob, carol]
    message = letter("a@outside.test", alice.address, subject)

    with spammer.session() as session:
        to = [user.address for user in everybody]
        reply = session.deliver(message, "a@outside.test", to)

    assert reply.code == 250
    assert [user.receive(subject).message["Subject"] for user in everybody] == [
        subject
    ] * 3


def test_an_unknown_user_is_refused_at_rcpt(spammer, subject):
    """An unknown user is refused at RCPT, so that no bounce goes to a forged sender."""
    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")
        reply = session.say("RCPT TO:<nobody@example.test>")

    assert reply.code == 550
    assert "5.1.1" in str(reply)


def test_a_null_sender_may_write_to_users_and_to_nobody_else(spammer, alice, subject):
    """
    Mail with the null sender is accepted for a user and refused for an unknown name.

    RFC 5321, section 4.5.5.
    """
    message = letter("MAILER-DAEMON@outside.test", alice.address, subject)

    with spammer.session() as session:
        session.say("MAIL FROM:<>")
        unknown = session.say("RCPT TO:<nobody@example.test>")
        session.say("RCPT TO:<alice@example.test>")
        known = session.transmit(message)

    assert (unknown.code, known.code) == (550, 250)
    assert alice.receive(subject).all("Return-Path") == ["<>"]


@pytest.mark.parametrize("address", ["postmaster", "Postmaster"])
def test_postmaster_without_a_domain_is_accepted(spammer, alice, subject, address):
    """
    Mail to <postmaster> without a domain reaches the first user (RFC 5321, 4.5.1).
    """
    reply = spammer.send(address, letter("a@outside.test", address, subject))

    assert reply.code == 250
    assert alice.receive(subject)


@pytest.mark.parametrize("name", ["postmaster", "abuse"])
def test_postmaster_and_abuse_are_accepted(spammer, alice, carol, subject, name):
    """Postmaster and abuse of each domain are accepted without an alias (RFC 2142)."""
    to = f"{name}@second.test"

    reply = spammer.send(to, letter("a@outside.test", to, subject))

    assert reply.code == 250
    assert alice.receive(subject)


@pytest.mark.parametrize(
    "address",
    ["root@[127.0.0.1]", "root@localhost", "root@mail.example.test", "root@postfix"],
)
def test_system_users_have_no_mailbox(spammer, address):
    """A user of the container's own system, such as root, is refused."""
    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")

        assert 500 <= session.say(f"RCPT TO:<{address}>").code < 600


def test_addresses_ignore_case_and_extension(spammer, alice, subject):
    """Addresses are not case-sensitive, and an extension after + is the user's own."""
    to = "Alice+Shopping@EXAMPLE.Test"

    reply = spammer.send(to, letter("a@outside.test", to, subject))

    assert reply.code == 250
    assert alice.receive(subject)


def test_an_smtputf8_message_is_delivered(spammer, alice, subject):
    """A message with addresses and headers in UTF-8 is delivered (RFC 6531, 6532)."""
    message = letter("pat@outside.test", alice.address, subject)
    message = with_header(message, "X-Greeting: Grüße aus Köln")

    reply = spammer.send(
        alice.address, message, "jürgen@outside.test", options=" SMTPUTF8"
    )

    assert reply.code == 250
    assert "Grüße aus Köln".encode() in alice.receive(subject).raw


@pytest.mark.provokes("postfix", "queue file size limit exceeded|close error")
def test_a_message_over_the_size_limit_is_refused(spammer, alice, subject):
    """
    A message over the size limit of 50 MiB is refused by its SIZE and by its length.

    The limit is offered in EHLO.
    """
    limit = 50 * MIB
    message = large_letter("a@outside.test", alice.address, subject, limit + MIB)

    with spammer.session() as session:
        offered = session.ehlo().lines
        announced = session.say(f"MAIL FROM:<a@outside.test> SIZE={limit + 1}")
    sent = spammer.send(alice.address, message, options=" SIZE=1000")

    assert f"250-SIZE {limit}" in offered
    assert (announced.code, sent.code) == (552, 552)


def test_vrfy_and_expn_do_not_tell_who_exists(spammer, alice):
    """VRFY and EXPN answer the same for a user and an unknown name (RFC 5321, 7.3)."""
    with spammer.session() as session:
        known, unknown = (
            [str(session.say(f"{verb} {user}@example.test")) for verb in ASKING]
            for user in ("alice", "nobody")
        )

    assert known == unknown
    assert all(answer.startswith("50") for answer in known)


@pytest.mark.parametrize("command", ["XCLIENT ADDR=127.0.0.1", "XFORWARD NAME=a"])
def test_xclient_and_xforward_are_refused(spammer, command):
    """XCLIENT and XFORWARD, by which a client claims another address, are refused."""
    with spammer.session() as session:
        assert 500 <= session.say(command).code < 600
