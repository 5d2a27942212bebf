"""Messages of many MiB."""

from concurrent.futures import ThreadPoolExecutor

import dkim

from tests.support.clients.submission import logged_in
from tests.support.dkim.signatures import records_to_publish
from tests.support.mail.mailbox import Mailbox
from tests.support.mail.message import letter
from tests.support.mail.outsiders import Spammer
from tests.support.server.memory import killed
from tests.support.wait import wait_until

MIB = 1 << 20
# A line of base64, as an attachment is full of.
LINE = b"TG9yZW0gaXBzdW0gZG9sb3Igc2l0IGFtZXQsIGNvbnNldGV0dXIgc2FkaXBzY2luZyBlbGl0ci4u\n"


def large_letter(sender: str, to: str, subject: str, size: int) -> bytes:
    """Write a message of at most *size* bytes on the wire, and hardly less."""
    head = letter(sender, to, subject)
    on_the_wire = len(head) + head.count(b"\n")
    return head + LINE * ((size - on_the_wire) // (len(LINE) + 1))


def send_at_once(
    alice: Mailbox,
    bob: Mailbox,
    spammer: Spammer,
    subject: str,
    size: int,
    submissions: int,
    within: float,
) -> list[int]:
    """
    Send bob messages of *size* bytes, one on 25 and some on 587; return the codes.

    Each has come *within* seconds, the signature of one that was submitted holds, and
    no container ran out of memory.
    """
    before = killed(bob.server.project)

    def submit(about: str) -> int:
        text = large_letter(alice.address, bob.address, about, size)
        with logged_in(alice) as session:
            return session.deliver(text, alice.address, [bob.address]).code

    def knock(about: str) -> int:
        sender = "a@outside.test"
        text = large_letter(sender, bob.address, about, size)
        return spammer.send(bob.address, text, sender, options=f" SIZE={size}").code

    work = {f"{subject} 25": knock}
    work |= {f"{subject} 587 {number}": submit for number in range(submissions)}
    with ThreadPoolExecutor() as pool:
        codes = list(pool.map(lambda about: work[about](about), work))
    wait_until(lambda: work.keys() <= set(bob.subjects()), "all of them", within)
    received = bob.receive(f"{subject} 587 0", within=60)

    records = records_to_publish(bob.server)
    assert dkim.verify(
        received.raw, dnsfunc=lambda name, **_: records[name.decode().rstrip(".")]
    )
    assert killed(bob.server.project) == before
    return codes
