"""A user sends only after a login, and only from addresses of that login."""

import re

import aiosmtplib
import pytest

from tests.support.clients.dialogue import Smtp
from tests.support.mail.message import letter, with_header, without_header
from tests.support.server.project import ADDRESS

pytestmark = pytest.mark.core

SUBMISSION = [587, 465]


@pytest.mark.parametrize("port", SUBMISSION)
@pytest.mark.parametrize("reading", [993, 143])
def test_alice_writes_to_bob(alice, bob, subject, port, reading):
    """Users reach each other, on each port for sending and each for reading."""
    refused = alice.send(bob.address, subject, port=port)

    received = bob.receive(subject, port=reading)

    assert refused == {}
    assert received.message["From"] == alice.address
    assert "Until tomorrow" in received.message.get_content()


def test_alice_writes_to_a_stranger(alice, stranger, subject):
    """Mail of a user leaves for the server that the DNS names for the recipient."""
    alice.send(stranger.address, subject)

    received = stranger.receive(subject)

    assert received.all("Return-Path") == [f"<{alice.address}>"]
    assert "from mail.example.test" in received.all("Received")[0]
    assert "with ESMTPS" in received.all("Received")[0]


def test_one_bad_recipient_does_not_stop_the_others(alice, bob, subject):
    """The sender learns who was refused, and the rest get their mail."""
    refused = alice.send([bob.address, "nobody@example.test"], subject)

    assert refused["nobody@example.test"].code == 550
    assert bob.receive(subject)


@pytest.mark.parametrize("port", SUBMISSION)
def test_nobody_sends_without_a_login(server, bob, port):
    """Not even to our own users: for that there is port 25."""
    with Smtp(ADDRESS, server.port(port), server.trust if port == 465 else None) as s:
        s.ehlo()
        if port == 587:
            s.start_tls(server.trust)
        reply = s.deliver(b"", "alice@example.test", [bob.address])

    assert reply.code in (530, 554)


@pytest.mark.parametrize("sender", ["bob", "nobody", "x@outside.test", "carol"])
def test_alice_uses_no_envelope_but_hers(alice, bob, carol, subject, sender):
    """A user may not send from another user, a name of ours, or another domain."""
    sender = {"bob": bob.address, "carol": carol.address}.get(sender, sender)
    sender = sender if "@" in sender else f"{sender}@example.test"

    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        alice.send(bob.address, subject, sender=sender)

    assert [reply.code for reply in refused.value.recipients] == [553]


@pytest.mark.parametrize("sender", ["alice+tag@example.test", "ALICE@example.test"])
def test_alice_may_write_her_own_address_in_other_ways(alice, bob, subject, sender):
    """A detail after + and capitals are still alice."""
    alice.send(bob.address, subject, sender=sender)

    assert bob.receive(subject)


@pytest.mark.parametrize("author", ["bob", "carol", "boss@outside.test"])
def test_alice_signs_as_nobody_else(alice, bob, carol, subject, author):
    """
    The From that readers see must be the login's, too.

    Otherwise alice's mail would leave with a valid signature of somebody else's
    domain.
    """
    author = {"bob": bob.address, "carol": carol.address}.get(author, author)
    message = letter(author, bob.address, subject)

    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        alice.send(bob.address, message=message)

    assert refused.value.code == 550
    assert "5.7.1" in refused.value.message


def test_a_second_author_is_refused(alice, bob, subject):
    """Two From headers would show one author to the filter and one to the reader."""
    message = letter(alice.address, bob.address, subject)

    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        alice.send(bob.address, message=with_header(message, f"From: {bob.address}"))

    assert refused.value.code == 550


@pytest.mark.parametrize("header", ["From", "Date", "Message-ID"])
def test_what_a_lazy_program_leaves_out_is_added(alice, bob, subject, header):
    """
    A letter without one of the headers that must be there gets it (RFC 6409, 8).

    Before it is signed: a message without From was poison for the signer.
    """
    message = without_header(letter(alice.address, bob.address, subject), header)

    alice.send(bob.address, message=message)

    received = bob.receive(subject)
    assert len(received.all(header)) == 1
    assert received.message["From"] == alice.address
    assert len(received.all("DKIM-Signature")) == 2


def test_an_endless_line_is_refused(alice, bob, subject):
    """Over 998 octets others would fold the line and break the signature on it."""
    message = letter(alice.address, bob.address, subject).rstrip() + b"x" * 1000

    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        alice.send(bob.address, message=message)

    assert refused.value.code == 550
    assert "5.6.0" in refused.value.message


@pytest.mark.parametrize("port", SUBMISSION)
def test_the_world_learns_little_about_alice(
    server, alice, stranger, subject, port, world
):
    """
    Nobody outside learns from which address, computer or program a user sends.

    Nor who got a blind copy, nor the names and addresses of our containers.
    """
    message = with_header(
        without_header(letter(alice.address, stranger.address, subject), "Message-ID"),
        "User-Agent: Alice's Own Mailer",
        "X-Mailer: Alice's Own Mailer",
        "X-Originating-IP: [198.51.100.77]",
        "Bcc: secret@outside.test",
    )
    containers = server.project.containers().values()
    networks = [
        network
        for container in containers
        for network in container.attrs["NetworkSettings"]["Networks"].values()
    ]
    inner = {each[key] for each in networks for key in ("IPAddress", "Gateway")}
    names = {container.name for container in containers}
    # The world sees these two, as it must.
    public = {world.postfix, world.outside, ""}

    alice.send(stranger.address, message=message, port=port)

    received = stranger.receive(subject)
    # What the other server wrote on top, about whom it got it from, is not ours.
    ours = received.raw[received.raw.index(b"DKIM-Signature") :].decode()
    secret = ["client.invalid", "Own Mailer", "198.51.100.77", "secret@outside.test"]
    assert [each for each in (*secret, *(inner - public), *names) if each in ours] == []
    assert len(received.all("Received")) == 2
    assert re.fullmatch(
        r"by mail\.example\.test \(Postfix\) id \w+ .*", received.all("Received")[1]
    )
    assert re.fullmatch(r"<\w+@mail\.example\.test>", received.all("Message-ID")[0])
