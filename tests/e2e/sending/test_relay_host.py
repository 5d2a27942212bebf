"""With RELAY_HOST, mail to other servers leaves through the relay, encrypted."""

import time

import pytest

from tests.support.configuration.relays import (
    FIRST,
    ROUTES,
    SECOND,
    by_domain,
    relay_received_header,
    relaying,
)
from tests.support.mail.eight_bit import SIGNED_OR_ENCRYPTED, content, message
from tests.support.mail.message import letter
from tests.support.server.queue import waiting
from tests.support.wait import wait_until
from tests.support.world import RELAY


@pytest.fixture(scope="module")
def relay_host(server, relayed):
    """Have a relay for all mail, and another one for a domain."""
    wanted = {"RELAY_HOST": f"{RELAY}:587", "RELAY_BY_DOMAIN": by_domain("tls.test")}
    logins = {wanted["RELAY_HOST"]: FIRST, ROUTES["tls.test"]: SECOND}
    with relaying(server.project, logins, **wanted):
        yield


@pytest.mark.core
@pytest.mark.usefixtures("relay_host")
def test_all_mail_goes_through_the_relay_host(alice, stranger, subject):
    """All mail to other servers leaves through RELAY_HOST, encrypted and logged in."""
    alice.send(stranger.address, subject)

    line = relay_received_header(stranger.receive(subject))

    assert f"Authenticated sender: {FIRST[0]}" in line
    assert "using TLSv1.3" in line


@pytest.mark.core
@pytest.mark.usefixtures("relay_host")
def test_a_domains_own_relay_is_preferred(alice, stranger, subject):
    """A domain with a relay of its own doesn't use RELAY_HOST."""
    sender = "office@tls.test"

    message = letter(sender, stranger.address, subject)
    alice.send(stranger.address, message=message, sender=sender)

    received = stranger.receive(subject)
    assert f"Authenticated sender: {SECOND[0]}" in relay_received_header(received)


@pytest.mark.usefixtures("relay_host")
def test_signed_8_bit_mail_goes_through_the_relay_host_unchanged(
    alice, stranger, subject
):
    """Signed 8-bit mail leaves through RELAY_HOST unchanged."""
    entity = SIGNED_OR_ENCRYPTED["signed (S/MIME)"]
    sent = message(alice.address, stranger.address, subject, entity)

    alice.send(stranger.address, message=sent)

    received = stranger.receive(subject)
    assert f"Authenticated sender: {FIRST[0]}" in relay_received_header(received)
    assert content(received.raw) == content(sent)


@pytest.mark.core
@pytest.mark.usefixtures("relay_host")
def test_mail_with_a_null_sender_goes_through_the_relay_host(
    spammer, stranger, subject
):
    """Mail with a null sender, such as a bounce, leaves through RELAY_HOST."""
    to = "away@starttls.test"

    reply = spammer.send(to, letter("daemon@outside.test", to, subject), sender="")

    assert reply.code == 250
    received = stranger.receive(subject)
    assert received.all("Return-Path") == ["<>"]
    assert f"Authenticated sender: {FIRST[0]}" in relay_received_header(received)


@pytest.mark.core
@pytest.mark.usefixtures("relay_host")
def test_forwarded_mail_goes_through_the_relay_host(spammer, stranger, subject):
    """Mail that an alias forwards leaves through RELAY_HOST with a rewritten sender."""
    to = "away@starttls.test"

    reply = spammer.send(to, letter("a@outside.test", to, subject), "a@outside.test")

    assert reply.code == 250
    received = stranger.receive(subject)
    assert received.all("Return-Path")[0].startswith("<SRS0=")
    assert f"Authenticated sender: {FIRST[0]}" in relay_received_header(received)


@pytest.mark.core
@pytest.mark.usefixtures("relay_host")
@pytest.mark.parametrize("sender", ["alice@example.test", "office@tls.test"])
def test_mail_between_local_users_is_not_relayed(alice, bob, subject, sender):
    """Mail between local users stays on this server."""
    message = letter(sender, bob.address, subject)
    alice.send(bob.address, message=message, sender=sender)

    assert not relay_received_header(bob.receive(subject))


@pytest.mark.usefixtures("relayed")
def test_with_relay_tls_encrypt_any_certificate_is_accepted(
    server, alice, stranger, subject
):
    """With RELAY_TLS=encrypt, a relay must encrypt, but may have any certificate."""
    relay = ROUTES["untrusted.test"]

    with relaying(
        server.project, {relay: FIRST}, RELAY_HOST=relay, RELAY_TLS="encrypt"
    ):
        alice.send(stranger.address, subject)
        line = relay_received_header(stranger.receive(subject))

    assert "using TLSv1.3" in line
    assert f"Authenticated sender: {FIRST[0]}" in line


@pytest.mark.usefixtures("relayed")
@pytest.mark.provokes("postfix", "SASL authentication failure: No worthy mechs found")
def test_no_login_is_sent_without_tls(server, alice, stranger, subject):
    """
    With RELAY_TLS=optional, mail may leave in clear, but no login does.

    Mail for a relay that has a login but no TLS waits, although the relay offers AUTH
    in clear.
    """
    project, begin = server.project, time.time()
    to = f"{subject.split()[-1]}@outside.test"
    wanted = {
        "RELAY_BY_DOMAIN": by_domain("clear.test", "generous.test"),
        "RELAY_TLS": "optional",
    }

    with relaying(project, {"@clear.test": FIRST}, **wanted):
        for domain, recipient in {"clear": to, "generous": stranger.address}.items():
            sender = f"office@{domain}.test"
            message = letter(sender, recipient, subject)
            alice.send(recipient, message=message, sender=sender)
        line = relay_received_header(stranger.receive(subject))
        (message,) = wait_until(
            lambda: [each for each in waiting(project, to) if each.reason],
            "a reason in the queue",
        )
        clear = wait_until(
            lambda: in_the_clear(project, begin), "the end of a session at the relay"
        )
    project.inside("postfix", "postsuper", "-d", message.queue_id)

    assert line
    assert "using TLS" not in line
    assert "no mechanism available" in message.reason
    assert not [text for text in clear if "auth=" in text or "mail=" in text]


def in_the_clear(project, begin: float) -> list[str]:
    """What the relay counted in each session on the port without TLS."""
    said = (line.text for line in project.lines(["relay"], since=begin))
    return [text for text in said if "clear/" in text and "disconnect from" in text]
