"""A reload of Dovecot, which makes its sockets anew, disturbs no client."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.support.clients.dialogue import Reply, Smtp
from tests.support.mail.message import letter
from tests.support.server.project import ADDRESS, Project
from tests.support.wait import wait_until

AUTH, LMTP = "/run/sockets/auth", "/run/sockets/lmtp"

# A process that serves clients keeps its way to Dovecot: the next one has to find it.
END_SMTPD = """
for each in /proc/[0-9]*; do
    [ "$(cat $each/comm 2>&-)" != smtpd ] || kill ${each#/proc/}
done
"""

# Has one client wait, hangs up on it, and gives way to Dovecot's socket.
HANG_UP = """
import os, socket, sys
path = sys.argv[1]
os.rename(path, f"{path}.away")
listening = socket.socket(socket.AF_UNIX)
listening.bind(path)
os.chmod(path, 0o666)
listening.listen()
client, _ = listening.accept()
os.rename(f"{path}.away", path)
client.close()
"""

# The second is one that had no client yet.
pytestmark = pytest.mark.provokes(
    "postfix", "smtpd pid .* killed by signal 15|smtpd: bad command startup"
)


@pytest.fixture(autouse=True)
def new_smtpd(server):
    """Have the next client on 465 served by a new smtpd process."""
    server.project.inside("postfix", "sh", "-c", END_SMTPD)


@pytest.mark.core
def test_a_client_is_greeted_when_the_auth_socket_is_back(server):
    """
    A client that connects while Dovecot's auth socket is missing is greeted when it is
    back.
    """
    project, began = server.project, time.time()

    with ThreadPoolExecutor() as pool:
        with no_auth_socket(project):
            greeting = pool.submit(greeted, server)
            wait_until(
                lambda: "submissions/smtpd" in project.said("postfix", began),
                "a client of Postfix",
            )

        assert greeting.result().code == 220


def test_a_client_is_greeted_after_dovecot_closed_the_auth_connection(server):
    """A client is greeted although Dovecot closed Postfix's connection in a reload."""
    with connection_closed(server.project, AUTH):
        assert greeted(server).code == 220


def test_mail_is_delivered_after_dovecot_closed_the_lmtp_connection(
    server, spammer, alice, subject
):
    """
    Mail is delivered, not deferred, when Dovecot closed the LMTP connection in a
    reload.
    """
    project, began = server.project, time.time()

    with connection_closed(project, LMTP):
        spammer.send(alice.address, letter("a@outside.test", alice.address, subject))
        assert alice.receive(subject)

    assert "status=deferred" not in project.said("postfix", began)


@pytest.mark.provokes("postfix", "SASL|smtpd pid .* exit status 1|throttling")
def test_port_465_answers_soon_after_dovecot_is_back(server):
    """
    Port 465 answers within 20 seconds after Dovecot is back.

    Postfix would wait a minute before it starts another process for a service whose
    process failed.
    """
    with no_auth_socket(server.project):
        assert greeted(server).code == 0

    wait_until(lambda: greeted(server).code == 220, "a greeting", 20)


def greeted(server) -> Reply:
    """Connect to port 465 and return the greeting; empty if there was none."""
    try:
        with Smtp(ADDRESS, server.port(465), server.trust) as session:
            return session.greeting
    except OSError:
        return Reply(())


@contextmanager
def no_auth_socket(project: Project) -> Iterator[None]:
    """Have no auth socket for a while."""
    project.inside("dovecot", "mv", AUTH, f"{AUTH}.away")
    try:
        yield
    finally:
        project.inside("dovecot", "mv", f"{AUTH}.away", AUTH)


@contextmanager
def connection_closed(project: Project, path: str) -> Iterator[None]:
    """Have Dovecot close the next connection to a socket of its own."""
    look = f"ls {path}.away 2>&- || true"
    with ThreadPoolExecutor() as pool:
        ended = pool.submit(project.inside, "dovecot", "python3", "-c", HANG_UP, path)
        wait_until(lambda: project.inside("dovecot", "sh", "-c", look), "the change")
        yield
        ended.result()
