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


def test_who_offers_tls_gets_it(server, alice, stranger, subject):
    """
    Mail leaves encrypted for a server that offers STARTTLS, whatever its certificate.

    Its own Received header says so, and so does our log.
    """
    begin = time.time()

    alice.send(stranger.address, subject)

    received = stranger.receive(subject).all("Received")[0]
    log = said_by_smtp(server, "outside.test", begin)
    assert "with ESMTPS" in received
    assert any("Untrusted TLS connection established" in line for line in log)


def test_who_offers_none_gets_mail_all_the_same(server, alice, subject):
    """Mail leaves in the clear for a server that doesn't know TLS; the log is calm."""
    sink, begin = Sink(server.project, "sink-plain", "plain.test"), time.time()

    alice.send("a@plain.test", subject)

    assert sink.receive(subject).tls == ""
    log = wait_until(lambda: said_by_smtp(server, "plain.test", begin), "the delivery")
    assert not any("TLS" in line for line in log)


def test_old_tls_is_better_than_none(server, alice, subject):
    """A server that knows only TLS 1.0 gets its mail by that, and not in the clear."""
    sink = Sink(server.project, "sink-old", "old.test")

    alice.send("a@old.test", subject)

    assert sink.receive(subject).tls == "TLSv1"


@pytest.mark.provokes("postfix", r"SSL_connect error to mx\.broken\.test")
@pytest.mark.provokes("postfix", "postfix/smtp.*TLS library problem.*wrong version")
def test_a_broken_handshake_makes_mail_wait_and_then_go(server, alice, subject):
    """
    Mail waits when a server breaks the handshake that it offered, and is not lost.

    Once it is older than the shortest pause between two attempts, five minutes, it
    is delivered in the clear. The test makes that pause a second.
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
