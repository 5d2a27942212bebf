"""Mail to other servers is encrypted where they offer TLS (RFC 7435)."""

import re
import time

import pytest

from tests.support.configuration.templates import changed
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until
from tests.support.world.sink import Sink

pytestmark = [pytest.mark.core, pytest.mark.usefixtures("sinks")]


def said_by_smtp(server, domain: str, since: float) -> list[str]:
    """Read what Postfix has logged of its connections to *domain*'s mail server."""
    name = rf"postfix/smtp\[.*\bmx\.{re.escape(domain)}\b"
    lines = server.project.lines(["postfix"], since)
    return [line.text for line in lines if re.search(name, line.text)]


def test_a_server_with_starttls_gets_mail_encrypted(server, alice, stranger, subject):
    """
    A server with STARTTLS gets mail encrypted, whatever its certificate.

    Its own Received header says so, and so does our log.
    """
    begin = time.time()

    alice.send(stranger.address, subject)

    received = stranger.receive(subject).all("Received")[0]
    log = said_by_smtp(server, "outside.test", begin)
    assert "with ESMTPS" in received
    assert any("Untrusted TLS connection established" in line for line in log)


def test_a_server_without_starttls_gets_mail_in_clear(server, alice, subject):
    """A server without STARTTLS gets mail in clear, and the log has no TLS warning."""
    sink, begin = Sink(server.project, "sink-plain", "plain.test"), time.time()

    alice.send("a@plain.test", subject)

    assert sink.receive(subject).tls == ""
    log = wait_until(lambda: said_by_smtp(server, "plain.test", begin), "the delivery")
    assert not any("TLS" in line for line in log)


def test_a_server_with_tls_1_0_gets_mail_encrypted(server, alice, subject):
    """A server that has only TLS 1.0 gets mail by that, and not in clear."""
    sink = Sink(server.project, "sink-old", "old.test")

    alice.send("a@old.test", subject)

    assert sink.receive(subject).tls == "TLSv1"


@pytest.mark.provokes("postfix", r"SSL_connect error to mx\.broken\.test")
@pytest.mark.provokes("postfix", "postfix/smtp.*TLS library problem.*wrong version")
def test_a_broken_handshake_defers_mail_and_then_sends_it_in_clear(
    server, alice, subject
):
    """
    Mail to a server that breaks the TLS handshake is deferred, then sent in clear.

    Once it is older than the shortest pause between two attempts, five minutes. The
    test makes that pause a second.
    """
    project = server.project
    sink = Sink(project, "sink-broken", "broken.test")
    recipient = f"{subject.split()[1]}@broken.test"

    def tried_again() -> bool:
        flush(project)
        return bool(sink.sessions(subject))

    alice.send(recipient, subject)
    (held,) = wait_until(
        lambda: [each for each in waiting(project, recipient) if each.reason],
        "a reason why it waits",
    )
    assert "TLS" in held.reason
    assert not sink.sessions(subject)

    with changed(project, "postfix/main.cf.j2", "\nminimal_backoff_time = 1s\n"):
        wait_until(tried_again, "the mail, in the clear")
    assert sink.receive(subject).tls == ""
