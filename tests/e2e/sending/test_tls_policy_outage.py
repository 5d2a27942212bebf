"""While the service that finds out TLS policies (tls-policy) is down, mail waits."""

import time

import pytest

from tests.support.faults.services import hesitant, kill, paused, stopped
from tests.support.mail.outgoing import longest_delay, reason_to_wait, tried_again
from tests.support.server.queue import waiting
from tests.support.wait import wait_until

pytestmark = [
    pytest.mark.usefixtures("transport"),
    pytest.mark.provokes("postfix", "tls-policy/socket|policy table lookup error"),
    pytest.mark.provokes("postfix", "lookup error for|client TLS configuration"),
]

REASON = "How mail to this domain must be encrypted can't be found out now"


@pytest.mark.core
def test_mail_waits_while_tls_policy_is_stopped(server, alice, stranger, subject):
    """Mail waits while tls-policy is stopped, the queue says why, then it goes."""
    project = server.project

    with stopped(project, "tls-policy"):
        alice.send(stranger.address, subject)
        assert REASON in reason_to_wait(project, stranger.address)
        assert not project.probe("tls-policy")[0]

    tried_again(project, stranger.address)
    assert stranger.receive(subject)


def test_mail_waits_while_tls_policy_hangs(server, alice, stranger, subject):
    """Mail waits while tls-policy hangs: after 100 seconds Postfix gives up a try."""
    project = server.project

    with paused(project, "tls-policy"):
        alice.send(stranger.address, subject)
        assert REASON in reason_to_wait(project, stranger.address, 150)

    tried_again(project, stranger.address)
    assert stranger.receive(subject)


def test_a_slow_tls_policy_only_delays_mail(server, alice, bob, stranger, subject):
    """Mail goes later while tls-policy takes seconds, and mail inside does not wait."""
    project, begin = server.project, time.time()

    with hesitant(project, "tls-policy", 1.5):
        for number in range(5):
            alice.send(stranger.address, f"{number} {subject}")
        alice.send(bob.address, subject)
        assert bob.receive(subject)
        for number in range(5):
            assert stranger.receive(f"{number} {subject}", 60)

    assert 0.3 < longest_delay(project, stranger.address, begin) < 60


def test_a_killed_tls_policy_restarts(server, alice, stranger, subject):
    """Docker restarts tls-policy when it was killed, and mail goes."""
    project, begin = server.project, time.time()

    kill(project, "tls-policy")
    wait_until(lambda: "listening" in project.said("tls-policy", begin), "a restart")
    project.wait_for("healthy", "tls-policy")
    alice.send(stranger.address, subject)

    wait_until(lambda: not waiting(project, stranger.address), "the mail on its way")
    assert stranger.receive(subject)
