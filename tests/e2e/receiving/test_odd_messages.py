"""Odd messages are delivered readable, or refused at once."""

import pytest

from tests.support.mail.message import letter

pytestmark = pytest.mark.core

LONG = b"x" * 100_000
RECEIVED = b"Received: from a by b; Tue, 24 Nov 2026 00:00:00 +0000\n"

# Text that is put before and after a normal message.
ODD = {
    "NUL": (b"", b"before\0after\n"),
    "8-bit header": (b"X-Odd: \xff\xfe\x80\n", b""),
    "header of 59 kB": (b"X-Odd: " + LONG[:59_000] + b"\n", b""),
    "folded header of 59 kB": (b"X-Odd:" + b" odd\n" * 11_800, b""),
    "5,000 headers": (b"X-Odd: odd\n" * 5_000, b""),
    "line of 100 kB": (b"", LONG + b"\n"),
    "From_ first": (b"From a Tue Nov 24 00:00:00 2026\n", b""),
    "half a multipart": (b"Content-Type: multipart/mixed; boundary=b\n", b"--b\n"),
    "49 servers": (RECEIVED * 48, b""),
}


@pytest.mark.parametrize("name", ODD)
def test_an_unusual_message_is_delivered(spammer, alice, subject, name):
    """An unusual but harmless message is delivered, and can be read."""
    top, below = ODD[name]
    message = top + letter("a@outside.test", alice.address, subject) + below

    assert spammer.send(alice.address, message).code == 250
    assert alice.receive(subject, where="TEXT")


def test_a_message_without_headers_is_delivered(spammer, alice, subject):
    """A message without headers is delivered to Junk, where its spam score puts it."""
    reply = spammer.send(alice.address, f"No header but {subject}\n".encode())

    assert reply.code == 250
    assert alice.receive(subject, folder="Junk", where="TEXT")


@pytest.mark.provokes("postfix", "message rejected: hopcount exceeded")
def test_a_message_in_a_loop_is_refused(spammer, alice, subject):
    """A message with over 50 Received headers is in a loop, and is refused."""
    message = RECEIVED * 51 + letter("a@outside.test", alice.address, subject)

    assert str(spammer.send(alice.address, message)).startswith("554 5.4.0")


def test_an_empty_message_is_accepted(spammer, alice, subject):
    """An empty message is accepted, and so is the next one."""
    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")
        session.say("RCPT TO:<alice@example.test>")
        session.say("DATA")
        empty = session.say(".")
        message = letter("a@outside.test", alice.address, subject)
        taken = session.deliver(message, "a@outside.test", [alice.address])

    assert (empty.code, taken.code) == (250, 250)
    assert alice.receive(subject)
