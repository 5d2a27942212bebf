"""Mail of the largest size that MESSAGE_SIZE_LIMIT allows is delivered."""

from collections.abc import Iterator

import pytest

from stack.config.settings.limits import LARGEST_MESSAGE
from tests.support.clients.submission import logged_in
from tests.support.configuration.reload import await_successors, with_settings
from tests.support.mail.large import MIB, send_at_once
from tests.support.server.memory import killed

# Less than the limit, as headers are added on the way.
SIZE = LARGEST_MESSAGE - MIB


@pytest.fixture(scope="module", autouse=True)
def largest(server) -> Iterator[None]:
    """Have the largest limit that may be set."""
    with with_settings(server.project, MESSAGE_SIZE_LIMIT=str(LARGEST_MESSAGE)):
        await_successors(server.project)
        yield
    await_successors(server.project)


def test_messages_of_the_largest_size_are_delivered(alice, bob, spammer, subject):
    """
    Messages of the largest size are delivered, on port 25 and twice on 587 at once.

    The signature verifies, and no container runs out of memory.
    """
    codes = send_at_once(alice, bob, spammer, subject, SIZE, 2, 240)

    assert codes == [250] * 3


def test_eight_bit_text_of_the_largest_size_is_delivered(server, alice, bob, subject):
    """
    8-bit text of the largest size, which takes the most memory to sign, is delivered.
    """
    before = killed(server.project)
    line = "Grüße, und mehr ASCII\n" * 3
    head = (
        f"From: {alice.address}\nTo: {bob.address}\nSubject: {subject}\n"
        "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
        "Content-Transfer-Encoding: 8bit\n\n"
    )
    octets = len(line.encode()) + line.count("\n")
    text = (head + line * (SIZE // octets)).encode()

    with logged_in(alice) as session:
        session.say("EHLO client.test")
        reply = session.deliver(text, alice.address, [bob.address])

    assert reply.code == 250
    assert bob.receive(subject, within=240)
    assert killed(server.project) == before


@pytest.mark.core
def test_a_larger_message_is_refused_at_mail(spammer, alice):
    """A larger message is refused at MAIL by its SIZE, with 552 5.3.4."""
    with spammer.session() as session:
        reply = session.say(f"MAIL FROM:<a@outside.test> SIZE={LARGEST_MESSAGE + 1}")

    assert str(reply).startswith("552 5.3.4")
