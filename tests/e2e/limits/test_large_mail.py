"""Mail of 49 MiB is delivered, and a message may have a thousand recipients."""

import pytest

from tests.support.mail.eight_bit import content, message
from tests.support.mail.large import MIB, send_at_once
from tests.support.mail.message import crlf
from tests.support.server.memory import killed

# Less than the limit of 50 MiB, as headers are added on the way.
SIZE = 49 * MIB


def test_messages_of_49_mib_are_delivered(alice, bob, spammer, subject):
    """
    Messages of 49 MiB are delivered, several at once on ports 25 and 587.

    The signature verifies, and no container runs out of memory.
    """
    codes = send_at_once(alice, bob, spammer, subject, SIZE, 4, 90)

    assert codes == [250] * 5


@pytest.mark.parametrize(
    "line",
    ["Grüße, und mehr ASCII\n" * 3, "ж" * 38 + "\n"],
    ids=["some of it", "all of it"],
)
def test_eight_bit_text_of_49_mib_is_delivered(server, alice, bob, subject, line):
    """
    8-bit text of 49 MiB is delivered, signed in one form or in two.

    No container runs out of memory.
    """
    before = killed(server.project)
    octets = len(crlf(line.encode()))
    text = line * (SIZE // octets)
    entity = (
        "Content-Type: text/plain; charset=utf-8\n"
        f"Content-Transfer-Encoding: 8bit\n\n{text}"
    )

    alice.send(
        bob.address, message=message(alice.address, bob.address, subject, entity)
    )

    received = bob.receive(subject, within=90)
    assert content(received.raw)[1] == crlf(text.encode())
    assert killed(server.project) == before


@pytest.mark.core
def test_recipients_over_a_thousand_are_deferred(spammer, alice):
    """
    Recipients over a thousand in one message get 452 4.5.3.

    A mail server sends the rest in another message then (RFC 5321).
    """
    user, _, domain = alice.address.partition("@")
    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")
        replies = [
            session.say(f"RCPT TO:<{user}+{number}@{domain}>") for number in range(1001)
        ]

    assert {reply.code for reply in replies[:1000]} == {250}
    assert str(replies[1000]).startswith("452 4.5.3 ")
