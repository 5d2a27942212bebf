"""The largest limit that MESSAGE_SIZE_LIMIT takes is one that all parts can hold"""

from collections.abc import Iterator

import pytest

from stack.config.settings import LARGEST_MESSAGE
from tests.support.clients.submission import logged_in
from tests.support.configuration.reload import await_successors, with_settings
from tests.support.mail.large import MIB, send_at_once
from tests.support.server.memory import killed

# What is left for the headers that are added on the way.
SIZE = LARGEST_MESSAGE - MIB


@pytest.fixture(scope="module", autouse=True)
def largest(server) -> Iterator[None]:
    """Have the largest limit that may be set."""
    with with_settings(server.project, MESSAGE_SIZE_LIMIT=str(LARGEST_MESSAGE)):
        await_successors(server.project)
        yield
    await_successors(server.project)


def test_mail_of_the_largest_size_goes_through(alice, bob, spammer, subject):
    """
    On 25 and twice on 587 at the same time: it is delivered, and signed as it was sent.

    No container runs out of memory.
    """
    codes = send_at_once(alice, bob, spammer, subject, SIZE, 2, 240)

    assert codes == [250] * 3


def test_8_bit_text_of_the_largest_size_goes_through(server, alice, bob, subject):
    """Text that is signed in two forms takes the most memory: it is delivered, too."""
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
def test_what_is_larger_still_is_refused_at_once(spammer, alice):
    """Before any of it is sent: 552 5.3.4 to MAIL."""
    with spammer.session() as session:
        reply = session.say(f"MAIL FROM:<a@outside.test> SIZE={LARGEST_MESSAGE + 1}")

    assert str(reply).startswith("552 5.3.4")
