"""A message with a huge number of headers is refused, and takes little memory."""

import re

import pytest

from tests.support.clients.submission import logged_in
from tests.support.mail.message import letter, with_header

pytestmark = pytest.mark.core

# Little text, but an object for each header would fill a milter's memory.
BOMB = ["A:"] * 100_000
# A little more than a tenth of the objects would take.
MEMORY_KB = 10_000


def peak(server, service: str) -> int:
    """How much memory, in kB, the filter in *service* has had at once so far."""
    status = server.project.inside(service, "cat", "/proc/1/status").decode()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1])


def reset_peak(server, service: str) -> None:
    """Reset the peak, as other tests have sent more (proc_pid_clear_refs(5))."""
    server.project.inside(service, "sh", "-c", "echo 5 > /proc/1/clear_refs")


def test_a_header_bomb_does_not_fill_the_verifiers_memory(
    server, spammer, bob, subject
):
    """
    The verifier's milter refuses a message with too many headers, and judges the next
    one.
    """
    reset_peak(server, "dkim-verify")
    before = peak(server, "dkim-verify")
    message = letter("a@outside.test", bob.address, subject)

    refused = spammer.send(bob.address, with_header(message, *BOMB))
    taken = spammer.send(bob.address, message)

    assert str(refused).startswith("552 5.3.4 ")
    assert taken.code == 250
    assert bob.receive(subject).all("Authentication-Results")
    assert peak(server, "dkim-verify") < before + MEMORY_KB


def test_a_header_bomb_does_not_fill_the_signers_memory(server, alice, bob, subject):
    """
    The signer's milter refuses a message with too many headers, and signs the next one.
    """
    reset_peak(server, "dkim-sign")
    before = peak(server, "dkim-sign")
    message = letter(alice.address, bob.address, subject)

    with logged_in(alice) as session:
        bomb = with_header(message, *BOMB)
        refused = session.deliver(bomb, alice.address, [bob.address])
        taken = session.deliver(message, alice.address, [bob.address])

    assert str(refused).startswith("552 5.3.4 ")
    assert taken.code == 250
    assert bob.receive(subject).all("DKIM-Signature")
    assert peak(server, "dkim-sign") < before + MEMORY_KB
