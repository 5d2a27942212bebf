"""The Received header of mail on port 25 and the log show how it was encrypted."""

import pytest

from tests.support.mail.message import letter

pytestmark = pytest.mark.core


def handshakes(server, service: str) -> list[str]:
    """The handshakes that *service*, a name in master.cf, has logged."""
    return [
        line.text
        for line in server.project.lines(["postfix"])
        if f"postfix/{service}[" in line.text and "TLS connection estab" in line.text
    ]


@pytest.mark.parametrize("tls", [True, False], ids=["TLS", "clear"])
def test_received_shows_the_tls_version_on_port_25(server, spammer, bob, subject, tls):
    """
    The Received header of mail on port 25 shows TLS version and cipher, or neither.
    """
    message = letter("a@outside.test", bob.address, subject)

    assert spammer.send(bob.address, message, tls=tls).code == 250

    # The topmost is Dovecot's.
    received = bob.receive(subject).all("Received")[1]
    assert ("with ESMTPS" in received) is tls
    assert ("using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384" in received) is tls


@pytest.mark.parametrize(
    ("port", "service"), [(587, "submission/smtpd"), (465, "submissions/smtpd")]
)
def test_the_log_shows_the_tls_version_of_submission(
    server, alice, bob, subject, port, service
):
    """
    The log shows TLS version and cipher of each submission, and the headers don't.

    The cipher would tell readers which kind of device the sender has.
    """
    before = len(handshakes(server, service))

    alice.send(bob.address, subject, port=port)

    received = bob.receive(subject).all("Received")[-1]
    (line,) = handshakes(server, service)[before:]
    assert "TLSv1.3 with cipher TLS_AES_256_GCM_SHA384" in line
    assert "TLS" not in received
