"""Mail as large as we say that it may be, and larger."""

from concurrent.futures import ThreadPoolExecutor

import dkim
import pytest

from .eight_bit import content, message
from .large import MIB, large_letter
from .memory import killed
from .message import crlf
from .signatures import published
from .submission import logged_in
from .wait import wait_until

# What is left for the headers that are added on the way.
SIZE = 49 * MIB


def test_mail_of_49_mib_goes_through(server, alice, bob, spammer, subject):
    """
    Mail of 49 MiB is taken and delivered, on 25 and 587, also several at once.

    Its signature holds, and no container runs out of memory.
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
    work |= {f"{subject} 587 {number}": submit for number in range(4)}
    with ThreadPoolExecutor() as pool:
        codes = list(pool.map(lambda about: work[about](about), work))
    wait_until(lambda: work.keys() <= set(bob.subjects()), "all of them", within=90)
    received = bob.receive(f"{subject} 587 0")

    assert codes == [250] * 5
    records = published(server)
    assert dkim.verify(
        received.raw, dnsfunc=lambda name, **_: records[name.decode().rstrip(".")]
    )
    assert killed(server.project) == before


@pytest.mark.parametrize(
    "line",
    ["Grüße, und mehr ASCII\n" * 3, "ж" * 38 + "\n"],
    ids=["some of it", "all of it"],
)
def test_8_bit_text_of_49_mib_goes_through(server, alice, bob, subject, line):
    """
    Text of 49 MiB that is signed in two forms, or would grow too much, is delivered.

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
def test_more_recipients_than_a_thousand_are_put_off(spammer, alice):
    """
    A message is taken for a thousand recipients; the rest are to come in another.

    The answer is 452 4.5.3, to which a mail server sends the rest anew (RFC 5321).
    """
    user, _, domain = alice.address.partition("@")
    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")
        replies = [
            session.say(f"RCPT TO:<{user}+{number}@{domain}>") for number in range(1001)
        ]

    assert {reply.code for reply in replies[:1000]} == {250}
    assert str(replies[1000]).startswith("452 4.5.3 ")
