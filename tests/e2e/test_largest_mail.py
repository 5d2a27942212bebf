"""The largest limit that MESSAGE_SIZE_LIMIT takes is one that all parts can hold"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import dkim
import pytest

from stack.settings import LARGEST_MESSAGE

from .large import MIB, large_letter
from .memory import killed
from .reload import await_successors, with_settings
from .signatures import published
from .submission import logged_in
from .wait import wait_until

# What is left for the headers that are added on the way.
SIZE = LARGEST_MESSAGE - MIB


@pytest.fixture(scope="module", autouse=True)
def largest(server) -> Iterator[None]:
    """Have the largest limit that may be set."""
    with with_settings(server.project, MESSAGE_SIZE_LIMIT=str(LARGEST_MESSAGE)):
        await_successors(server.project)
        yield
    await_successors(server.project)


def test_mail_of_the_largest_size_goes_through(server, alice, bob, spammer, subject):
    """
    On 25 and twice on 587 at the same time: it is delivered, and signed as it was sent.

    No container runs out of memory.
    """
    before = killed(server.project)

    def submit(about: str) -> int:
        text = large_letter(alice.address, bob.address, about, SIZE)
        with logged_in(alice) as session:
            return session.deliver(text, alice.address, [bob.address]).code

    def knock(about: str) -> int:
        sender = "a@outside.test"
        text = large_letter(sender, bob.address, about, SIZE)
        return spammer.send(bob.address, text, sender, options=f" SIZE={SIZE}").code

    work = {f"{subject} 25": knock}
    work |= {f"{subject} 587 {number}": submit for number in range(2)}
    with ThreadPoolExecutor() as pool:
        codes = list(pool.map(lambda about: work[about](about), work))
    wait_until(lambda: work.keys() <= set(bob.subjects()), "all of them", within=240)
    received = bob.receive(f"{subject} 587 0", within=60)

    assert codes == [250] * 3
    records = published(server)
    assert dkim.verify(
        received.raw, dnsfunc=lambda name, **_: records[name.decode().rstrip(".")]
    )
    assert killed(server.project) == before


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
