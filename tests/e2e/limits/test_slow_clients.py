"""Slow clients get the time that RFC 5321 grants, and endless ones are cut off."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.support.clients.malformed import DATA, EHLO, MAIL, RCPT
from tests.support.clients.raw import Raw
from tests.support.configuration.reload import in_use
from tests.support.configuration.templates import changed
from tests.support.mail.message import letter
from tests.support.server.project import ADDRESS

# Seconds that a line may take; in use it is five minutes.
TIMEOUT = 3
# Seconds; what has not ended by then goes on for ever.
GIVEN_UP = 15.0

QUEUED = b"\r\n250 2.0.0 Ok: queued"


def drip(raw: Raw, data: bytes, size: int = 1) -> float:
    """
    Send *data* in pieces, one a second; return the seconds until the server closed.
    """
    begin = time.monotonic()
    for at in range(0, len(data), size):
        raw.write(data[at : at + size])
        if raw.closed or time.monotonic() - begin > GIVEN_UP:
            break
        raw.listen(1)
    return time.monotonic() - begin


def converse(server, opened: ExitStack, *steps: bytes) -> Raw:
    """Send each of *steps* to port 25, and wait for the answer."""
    raw = opened.enter_context(Raw((ADDRESS, server.port(25))))
    for step in steps:
        raw.write(step)
        raw.await_reply()
    return raw


def test_a_client_that_sends_a_byte_a_second_is_cut_off(server, alice, subject):
    """
    A client that sends a byte a second is cut off, and one with a kilobyte a second is
    not.

    The time-out counts for a whole line. In a message it grows by a second with each
    500 bytes. The honest message here takes twice the time-out.
    """
    honest = letter("a@outside.test", alice.address, subject, "A line.\n" * 700)
    honest = honest.replace(b"\n", b"\r\n") + b".\r\n"

    hurry = changed(
        server.project, "postfix/main.cf.j2", f"smtpd_timeout = {TIMEOUT}s\n"
    )

    with in_use(server.project, hurry), ExitStack() as opened:
        pool = opened.enter_context(ThreadPoolExecutor())
        slow = converse(server, opened, EHLO)
        stuck = converse(server, opened, EHLO, MAIL, RCPT, DATA)
        steady = converse(server, opened, EHLO, MAIL, RCPT, DATA)
        command = pool.submit(drip, slow, b"NOOP " + b"x" * 60)
        message = pool.submit(drip, stuck, b"Subject: " + b"x" * 60)
        seconds = drip(steady, honest, 1_000)
        # The answer may have come before the last second was over.
        if QUEUED not in steady.heard:
            steady.await_reply()

    assert TIMEOUT - 1 < command.result() < GIVEN_UP
    assert TIMEOUT - 1 < message.result() < GIVEN_UP
    assert b"421 4.4.2" in slow.heard
    assert seconds > 2 * TIMEOUT
    assert QUEUED in steady.heard
    assert alice.receive(subject)


@pytest.mark.core
def test_a_client_has_five_minutes_for_a_line(server):
    """A client has five minutes to send a line (RFC 5321, 4.5.3.2)."""
    asked = ("postconf", "-xh", "smtpd_timeout")

    assert server.project.inside("postfix", *asked).decode().strip() == "300s"
