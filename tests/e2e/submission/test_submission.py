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
def test_mail_between_local_users_is_delivered(alice, bob, subject, port, reading):
    """
    Mail between local users is delivered, on each port for sending and for reading.
    """
    refused = alice.send(bob.address, subject, port=port)

    received = bob.receive(subject, port=reading)

    assert refused == {}
    assert received.message["From"] == alice.address
    assert "Until tomorrow" in received.message.get_content()


def test_mail_to_another_server_is_delivered(alice, stranger, subject):
    """Mail to another domain is delivered to the server that its MX names."""
    alice.send(stranger.address, subject)

    received = stranger.receive(subject)

    assert received.all("Return-Path") == [f"<{alice.address}>"]
    assert "from mail.example.test" in received.all("Received")[0]
    assert "with ESMTPS" in received.all("Received")[0]


def test_a_refused_recipient_does_not_stop_the_others(alice, bob, subject):
    """A refused recipient is reported, and the other recipients get the mail."""
    refused = alice.send([bob.address, "nobody@example.test"], subject)

    assert refused["nobody@example.test"].code == 550
    assert bob.receive(subject)


@pytest.mark.parametrize("port", SUBMISSION)
def test_nobody_sends_without_a_login(server, bob, port):
    """Without a login, the submission ports refuse mail, also to local users."""
    with Smtp(ADDRESS, server.port(port), server.trust if port == 465 else None) as s:
        s.ehlo()
        if port == 587:
            s.start_tls(server.trust)
        reply = s.deliver(b"", "alice@example.test", [bob.address])

    assert reply.code in (530, 554)


@pytest.mark.parametrize("sender", ["bob", "nobody", "x@outside.test", "carol"])
def test_a_foreign_envelope_sender_is_refused(alice, bob, carol, subject, sender):
    """A login can't use another user's, an unknown or a foreign envelope sender."""
    sender = {"bob": bob.address, "carol": carol.address}.get(sender, sender)
    sender = sender if "@" in sender else f"{sender}@example.test"

    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        alice.send(bob.address, subject, sender=sender)

    assert [reply.code for reply in refused.value.recipients] == [553]


@pytest.mark.parametrize("sender", ["alice+tag@example.test", "ALICE@example.test"])
def test_a_login_may_use_its_envelope_sender_in_any_form(alice, bob, subject, sender):
    """A login may use its own envelope sender in capitals or with an extension."""
    alice.send(bob.address, subject, sender=sender)

    assert bob.receive(subject)


@pytest.mark.parametrize("author", ["bob", "carol", "boss@outside.test"])
def test_a_foreign_from_header_is_refused(alice, bob, carol, subject, author):
    """
    A login can't use another's address in From:.

    Otherwise the mail would leave with a valid signature of another user's domain.
    """
    author = {"bob": bob.address, "carol": carol.address}.get(author, author)
    message = letter(author, bob.address, subject)

    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        alice.send(bob.address, message=message)

    assert refused.value.code == 550
    assert "5.7.1" in refused.value.message


def test_a_second_from_header_is_refused(alice, bob, subject):
    """
    A message with two From: headers is refused, as filter and reader may see another.
    """
    message = letter(alice.address, bob.address, subject)

    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        alice.send(bob.address, message=with_header(message, f"From: {bob.address}"))

    assert refused.value.code == 550


@pytest.mark.parametrize("header", ["From", "Date", "Message-ID"])
def test_missing_headers_are_added_before_signing(alice, bob, subject, header):
    """
    A message without From, Date or Message-ID gets it before it is signed.

    RFC 6409, section 8. A message without From would crash the signer.
    """
    message = without_header(letter(alice.address, bob.address, subject), header)

    alice.send(bob.address, message=message)

    received = bob.receive(subject)
    assert len(received.all(header)) == 1
    assert received.message["From"] == alice.address
    assert len(received.all("DKIM-Signature")) == 2


def test_a_line_over_998_octets_is_refused(alice, bob, subject):
    """
    A line over 998 octets is refused, as another server would break it and the
    signature.
    """
    message = letter(alice.address, bob.address, subject).rstrip() + b"x" * 1000

    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        alice.send(bob.address, message=message)

    assert refused.value.code == 550
    assert "5.6.0" in refused.value.message


@pytest.mark.parametrize("port", SUBMISSION)
def test_client_address_and_software_are_removed(
    server, alice, stranger, subject, port, world
):
    """The client's address and software, Bcc and our containers' names don't leave."""
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
    # The headers above were added by the other server.
    ours = received.raw[received.raw.index(b"DKIM-Signature") :].decode()
    secret = ["client.invalid", "Own Mailer", "198.51.100.77", "secret@outside.test"]
    assert [each for each in (*secret, *(inner - public), *names) if each in ours] == []
    assert len(received.all("Received")) == 2
    assert re.fullmatch(
        r"by mail\.example\.test \(Postfix\) id \w+ .*", received.all("Received")[1]
    )
    assert re.fullmatch(r"<\w+@mail\.example\.test>", received.all("Message-ID")[0])
