"""A user's message leaves as one message, whatever is in it (CVE-2023-51764)."""

import re

import pytest

from tests.support.clients.login import plain
from tests.support.dkim.signatures import records_to_publish, signatures
from tests.support.mail.mailbox import Received
from tests.support.mail.message import letter, with_header
from tests.support.world.sink import Sink

pytestmark = pytest.mark.core

HIDDEN = (
    b"MAIL FROM:<boss@example.test>\r\nRCPT TO:<b@plain.test>\r\nDATA\r\n"
    b"Subject: hidden\r\n\r\nHidden.\r\n"
)
# Bodies as they are sent after DATA, with the dots of the transport (RFC 5321, 4.5.2).
BODIES = {
    "bare CR": b"one\rtwo\r\n",
    "bare LF": b"one\ntwo\r\n",
    "CR.CR": b"one\r.\r" + HIDDEN,
    "LF.LF": b"one\n.\n" + HIDDEN,
    "LF.CRLF": b"one\n.\r\n" + HIDDEN,
    "CRLF.CR": b"one\r\n.\r" + HIDDEN,
    "CRLF.LF": b"one\r\n.\n" + HIDDEN,
    "CR.LF": b"one\r.\n" + HIDDEN,
    "CRLF.NUL": b"one\r\n.\0\r\n" + HIDDEN,
    "leading dots": b"..\r\n...\r\n..one\r\n....two\r\n",
    "NUL": b"one\0two\r\n",
    "998 octets": b"x" * 998 + b"\r\n",
    "998 octets, a dot first": b".." + b"x" * 997 + b"\r\n",
}


@pytest.fixture(scope="module")
def records(server, alice) -> dict[str, str]:
    """Read the DNS records to publish, once."""
    return records_to_publish(server)


@pytest.fixture
def sink(server, sinks) -> Sink:
    """Return a server that records every byte."""
    return Sink(server.project, "sink-plain", "plain.test")


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_no_bare_line_end_leaves(server, alice, sink, records, subject, body):
    """
    No bare CR or LF leaves, every leading dot is doubled, and the signature verifies.

    So no server on the way, however it reads line ends, sees more than one message.
    """
    head = letter(alice.address, "a@plain.test", subject, body="")
    with server.connect(587, server.trust) as session:
        session.say(f"AUTH PLAIN {plain(alice.address, alice.password)}")
        for command in (f"MAIL FROM:<{alice.address}>", "RCPT TO:<a@plain.test>"):
            assert session.say(command).code == 250
        session.say("DATA")
        session.write(head.replace(b"\n", b"\r\n") + body + b".\r\n")
        assert session.reply().code == 250

    session = sink.receive(subject)

    (data,) = session.data
    lines = data.removesuffix(b".\r\n").split(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", data)
    assert all(line.startswith(b"..") for line in lines if line.startswith(b"."))
    assert (session.count("MAIL"), session.count("DATA")) == (1, 1)
    found = signatures(Received(session.message), records)
    assert [each.valid for each in found] == [True, True]


def test_recipients_at_one_server_share_an_envelope_without_bcc(alice, sink, subject):
    """
    A message to several recipients at one server goes there once, without its Bcc.
    """
    message = with_header(
        letter(alice.address, "a@plain.test", subject), "Bcc: blind@plain.test"
    )

    alice.send([f"{name}@plain.test" for name in ("a", "b", "blind")], message=message)

    session = sink.receive(subject)
    assert (session.count("MAIL"), session.count("RCPT")) == (1, 3)
    assert b"blind" not in session.message
