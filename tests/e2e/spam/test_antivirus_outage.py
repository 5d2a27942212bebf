"""While the virus scanner is down, hangs or lacks signatures, mail waits."""

import time
from collections.abc import Iterator

import pytest

from tests.support.clients.dialogue import Smtp
from tests.support.clients.login import plain
from tests.support.configuration.templates import replaced
from tests.support.faults.services import stopped
from tests.support.mail.message import letter
from tests.support.server.project import ADDRESS, Project
from tests.support.spam.viruses import (
    EICAR,
    SIGNATURES,
    reconfigured,
    refused,
    scanning,
)
from tests.support.wait import wait_until

pytestmark = [
    pytest.mark.provokes("clamav", "No clamd server|freshclam has no news"),
    pytest.mark.provokes("postfix", "inet:filter-clamav|host or service filter-clamav"),
]


@pytest.fixture(scope="module")
def scanned(server) -> Iterator[Project]:
    """Have the scanner running, with one signature."""
    with scanning(server.project):
        yield server.project


@pytest.mark.provokes("clamav", "No reply from clamd|Failed to initiate streaming")
@pytest.mark.core
def test_a_killed_scanner_lets_nothing_through(scanned, spammer, alice, subject):
    """From the kill on every answer to a virus is 451 or 550, and soon 550 again."""
    # The command may end with the container, and so in failure.
    scanned.container("clamav").exec_run(["pkill", "-KILL", "-x", "clamd"])
    codes = []

    def is_back() -> bool:
        message = letter("a@outside.test", alice.address, subject, EICAR.decode())
        codes.append(spammer.send(alice.address, message).code)
        return codes[-1] == 550

    wait_until(is_back, "550", within=60)
    assert set(codes) <= {451, 550}
    assert subject not in alice.subjects()
    scanned.wait_for("healthy", "clamav")
    after = letter("a@outside.test", alice.address, f"after {subject}")
    assert spammer.send(alice.address, after).code == 250


def test_without_the_scanner_mail_waits(scanned, server, spammer, alice, bob, subject):
    """In and out: the sender is told to come again, and our health shows it."""
    message = letter("a@outside.test", bob.address, subject)
    login = plain(alice.address, alice.password)

    with stopped(scanned, "clamav"):
        came = spammer.send(bob.address, message)
        with Smtp(ADDRESS, server.port(465), server.trust) as session:
            session.ehlo()
            left = session.say(f"AUTH PLAIN {login}")
        scanned.wait_for("unhealthy", "postfix")
    scanned.wait_for("healthy", "postfix")
    after = spammer.send(bob.address, message)

    assert (came.code, left.code // 100, after.code) == (451, 4, 250)
    assert bob.receive(subject)


@pytest.mark.provokes("clamav", "Timed out while reading clamd reply")
@pytest.mark.provokes("clamav", "No reply from clamd|Failed to initiate streaming")
def test_a_scanner_that_hangs_is_not_waited_for(scanned, server, alice, subject):
    """
    The answer is 451 when ReadTimeout of the milter is over.

    Once the scanner goes on, so does mail.
    """
    message = letter("a@outside.test", alice.address, subject)
    patience = ("ReadTimeout 50", "ReadTimeout 3")
    shorter = replaced(scanned, "clamav/clamav-milter.conf.j2", *patience)
    with (
        reconfigured(scanned, shorter),
        Smtp(ADDRESS, server.port(25)) as session,
    ):
        session.ehlo()
        scanned.inside("clamav", "pkill", "-STOP", "-x", "clamd")
        try:
            during = session.deliver(message, "a@outside.test", [alice.address])
        finally:
            scanned.inside("clamav", "pkill", "-CONT", "-x", "clamd")
        after = session.deliver(message, "a@outside.test", [alice.address])

    assert (during.code, after.code) == (451, 250)
    assert alice.receive(subject)


def test_without_signatures_mail_waits(scanned, spammer, alice, subject):
    """The log and the health say so; when they come, nobody has to do anything."""
    message = letter("a@outside.test", alice.address, subject)
    away = "/var/lib/clamav/away"
    scanned.inside("clamav", "sh", "-c", f"mkdir -p {away} && mv {SIGNATURES} {away}")
    restart_and_wait_for(scanned, "daily main bytecode")
    during = spammer.send(alice.address, message)
    scanned.inside("clamav", "sh", "-c", f"mv {away}/* {SIGNATURES}")
    scanned.wait_for("healthy", "clamav")
    after = spammer.send(alice.address, message)

    assert (during.code, after.code) == (451, 250)
    assert alice.receive(subject)
    assert refused(spammer, alice.address, f"virus {subject}")


def restart_and_wait_for(scanned, missing: str) -> None:
    """Start the scanner anew, and wait until it says which signatures are *missing*."""
    begin = time.time()
    scanned.container("clamav").restart()
    words = f"no mail is taken (451): {missing}"
    wait_until(lambda: words in scanned.said("clamav", begin), words)
    scanned.wait_for("unhealthy", "clamav")


def test_with_a_part_of_the_signatures_mail_waits(scanned, spammer, alice, subject):
    """freshclam brings daily before main: what only main knows must not pass."""
    message = letter("a@outside.test", alice.address, subject)
    part = "/var/lib/clamav/daily.cld"
    # Nobody but ClamAV can make one that loads: the state alone is what counts here.
    scanned.inside("clamav", "sh", "-c", f"echo signatures > {part}")
    try:
        restart_and_wait_for(scanned, "main bytecode")
        during = spammer.send(alice.address, message)
    finally:
        scanned.inside("clamav", "rm", part)
    scanned.wait_for("healthy", "clamav")
    after = spammer.send(alice.address, message)

    assert (during.code, after.code) == (451, 250)
    assert alice.receive(subject)
    assert refused(spammer, alice.address, f"virus {subject}")


def test_own_signatures_serve_once_freshclam_has_looked(scanned):
    """It might have been about to bring the others: the scan begins after its word."""
    begin = time.time()
    scanned.container("clamav").restart()

    wait_until(lambda: "mail is scanned" in scanned.said("clamav", begin), "a scan", 60)
    said = scanned.said("clamav", begin)

    assert said.index("freshclam has no news") < said.index("mail is scanned")
    scanned.wait_for("healthy", "clamav")


def test_without_news_the_old_signatures_serve(scanned, spammer, alice, subject):
    """No network to get new ones from: said in one line, with the reason."""

    def is_said() -> bool:
        said = scanned.lines(["clamav"])
        return any("freshclam has no news" in line.text for line in said)

    wait_until(is_said, "freshclam has no news", within=60)
    assert refused(spammer, alice.address, subject)
