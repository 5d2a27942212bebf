"""While the virus scanner is down, hangs or lacks signatures, mail waits."""

import time

import pytest

from tests.support.clients.dialogue import Smtp
from tests.support.clients.login import plain
from tests.support.configuration.templates import replaced
from tests.support.faults.services import stopped
from tests.support.mail.message import letter
from tests.support.server.project import ADDRESS
from tests.support.spam.viruses import (
    EICAR,
    SIGNATURES,
    reconfigured,
    virus_is_refused,
)
from tests.support.wait import wait_until

pytestmark = [
    pytest.mark.provokes("clamav", "No clamd server|freshclam has no news"),
    pytest.mark.provokes("postfix", "inet:filter-clamav|host or service filter-clamav"),
]


@pytest.mark.provokes("clamav", "No reply from clamd|Failed to initiate streaming")
@pytest.mark.core
def test_a_killed_scanner_lets_no_virus_through(scanned, spammer, alice, subject):
    """After clamd was killed, a virus gets 451 or 550, and soon 550 again."""
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


def test_without_the_scanner_mail_is_deferred(
    scanned, server, spammer, alice, bob, subject
):
    """
    While the scanner is down, received and submitted mail is deferred, and Postfix
    unhealthy.
    """
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
def test_a_hanging_scanner_defers_mail_after_its_time_out(
    scanned, server, alice, subject
):
    """
    When clamd hangs, mail is deferred after the milter's ReadTimeout.

    Once clamd goes on, so does mail.
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


def test_without_signatures_mail_is_deferred(scanned, spammer, alice, subject):
    """
    Without virus signatures, mail is deferred and the scanner unhealthy, until they
    come.
    """
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
    assert virus_is_refused(spammer, alice.address, f"virus {subject}")


def restart_and_wait_for(scanned, missing: str) -> None:
    """Start the scanner anew, and wait until it says which signatures are *missing*."""
    begin = time.time()
    scanned.container("clamav").restart()
    words = f"no mail is taken (451): {missing}"
    wait_until(lambda: words in scanned.said("clamav", begin), words)
    scanned.wait_for("unhealthy", "clamav")


def test_with_only_daily_signatures_mail_is_deferred(scanned, spammer, alice, subject):
    """With the signatures `daily` but not `main`, mail is deferred."""
    message = letter("a@outside.test", alice.address, subject)
    part = "/var/lib/clamav/daily.cld"
    # Only ClamAV can make a file that loads; here it matters that there is one.
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
    assert virus_is_refused(spammer, alice.address, f"virus {subject}")


def test_own_signatures_are_used_after_freshclams_first_run(scanned):
    """
    With only the operator's own signatures, mail is scanned after freshclam's first
    run.

    freshclam may be about to fetch the others.
    """
    begin = time.time()
    scanned.container("clamav").restart()

    wait_until(lambda: "mail is scanned" in scanned.said("clamav", begin), "a scan", 60)
    said = scanned.said("clamav", begin)

    assert said.index("freshclam has no news") < said.index("mail is scanned")
    scanned.wait_for("healthy", "clamav")


def test_old_signatures_are_used_while_updates_fail(scanned, spammer, alice, subject):
    """While updates fail, the old signatures are used, and one line says why."""

    def is_said() -> bool:
        said = scanned.lines(["clamav"])
        return any("freshclam has no news" in line.text for line in said)

    wait_until(is_said, "freshclam has no news", within=60)
    assert virus_is_refused(spammer, alice.address, subject)
