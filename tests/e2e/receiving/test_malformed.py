"""Malformed SMTP dialogues are answered, and do not disturb other clients."""

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.clients.malformed import AFTER_EHLO, BEFORE_EHLO, EHLO
from tests.support.clients.raw import Heard, talk
from tests.support.logs.smtpd_sessions import sessions
from tests.support.mail.message import letter
from tests.support.server.project import ADDRESS
from tests.support.wait import wait_until

pytestmark = pytest.mark.core

CASES = BEFORE_EHLO | AFTER_EHLO

# Postfix pauses a second before it answers each mistake after the tenth, up to the
# twentieth and last one.
SECONDS = 30.0

# Two lines for each of twenty mistakes, and those of coming and going.
LINES = 45

MEGABYTES = 32

STRANGE = (
    r"request longer than 2048|disabling input from smtpd socket|non-SMTP command from"
    r"|too many errors after (UNKNOWN|RSET|NOOP|RCPT) from|Illegal address syntax from"
    r"|SSL_accept error from|TLS library problem: error:\w+:SSL routines::wrong version"
)
provoking = pytest.mark.provokes("postfix", STRANGE)


@pytest.fixture(scope="module")
def begin() -> float:
    """Record when the dialogues begin."""
    return time.time()


@pytest.fixture(scope="module")
def heard(server, alice, begin) -> Mapping[str, Heard]:
    """Lead all dialogues, twenty at a time, and collect what was received in each."""
    address = (ADDRESS, server.port(25))

    def lead(name: str) -> Heard:
        greet = EHLO if name in AFTER_EHLO else b""
        return talk(address, CASES[name].steps, server.trust, greet)

    with ThreadPoolExecutor(20) as pool:
        return dict(zip(CASES, pool.map(lead, CASES), strict=True))


@pytest.mark.parametrize("name", CASES)
@provoking
def test_each_malformed_dialogue_gets_its_answer(heard, name):
    """A malformed dialogue gets the right code or is ended, within 30 seconds."""
    assert heard[name].codes == CASES[name].codes
    assert heard[name].seconds < SECONDS


@provoking
def test_the_next_client_is_served(heard, alice, spammer, subject):
    """
    After sixty malformed dialogues at once the next client's message is delivered.
    """
    reply = spammer.send(
        alice.address, letter("a@outside.test", alice.address, subject)
    )

    assert reply.code == 250
    assert alice.receive(subject)
    assert "cut off" not in alice.subjects()


@provoking
def test_a_session_logs_at_most_45_lines(server, heard, begin):
    """A session leaves at most 45 lines in the log, whatever the client does."""
    found = wait_until(
        lambda: len(ended := logged(server, begin)) >= len(CASES) and ended,
        "the end of each dialogue in the log",
    )

    longest = max(found, key=len)
    assert len(longest) <= LINES, "\n".join(map(str, longest))


@provoking
def test_a_process_on_port_25_takes_at_most_32_mib(server, heard):
    """A process that serves port 25 takes at most 32 MiB, whatever a client sends."""
    script = (
        "cd /proc; for p in [0-9]*; do"
        " grep -qsE '^(smtpd|postscreen)' $p/comm && cat $p/status; done"
    )
    status = server.project.inside("postfix", "sh", "-c", f"{script}; true").decode()

    peaks = [int(line.split()[1]) for line in status.splitlines() if "VmHWM" in line]
    assert peaks
    assert max(peaks) / 1024 < MEGABYTES


def logged(server, begin: float):
    """The sessions that ended since then, but for our own health checks."""
    lines = server.project.lines(["postfix"], since=begin)
    return sessions(line for line in lines if "submission" not in line.text)
