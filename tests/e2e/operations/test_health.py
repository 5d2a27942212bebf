"""A container is healthy only while it can do its work."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.clients.container import all_processes_busy, run_on_loopback
from tests.support.configuration.reload import in_use, with_settings
from tests.support.configuration.templates import refused
from tests.support.mail.message import letter
from tests.support.wait import wait_until

# Begins a change that is too large for memory, and dies in the middle of it.
CUT_OFF = """python3 -c '
import os, sqlite3
accounts = sqlite3.connect("var/accounts/FILE", isolation_level=None)
accounts.execute("PRAGMA cache_size = 1")
accounts.execute("BEGIN IMMEDIATE")
accounts.execute("CREATE TABLE half (text)")
accounts.executemany("INSERT INTO half VALUES (?)", [("x" * 4000,)] * 100)
os._exit(0)
'"""


@pytest.mark.core
@pytest.mark.provokes("postfix", "not enough free space")
def test_a_postfix_that_answers_452_is_unhealthy(server, spammer, alice, subject):
    """
    Postfix is unhealthy while it answers 452 because the queue has no room.

    The disk isn't filled: Postfix is told to want more room than any disk has, past
    `stack`, which would refuse such a setting.
    """
    project, more = server.project, "queue_minfree = 1152921504606846976"

    with running_on(project, more):
        wait_until(lambda: "answered: 452" in check_says(project), "452 in the check")
        project.wait_for("unhealthy", "postfix")
        with spammer.session() as session:
            assert session.say("MAIL FROM:<a@outside.test>").code == 452

    project.wait_for("healthy", "postfix")
    message = letter("a@outside.test", alice.address, subject)
    assert spammer.send(alice.address, message).code == 250


@pytest.fixture
def postfix_restarted(server) -> Iterator[None]:
    """Restart Postfix afterwards, which remembers the load for a thousand seconds."""
    yield
    server.project.compose("restart", "--no-deps", "postfix")
    server.project.wait_for("healthy", "postfix")


@pytest.mark.core
@pytest.mark.usefixtures("postfix_restarted")
@pytest.mark.provokes("postfix", r'service "smtpd"|process (limit|count)|stress')
def test_a_busy_postfix_is_healthy(server, spammer, alice, subject):
    """
    Postfix stays healthy while a hundred clients take all processes, and afterwards.

    It hangs up at the first mistake then, for a while. Its check makes none, and is no
    client.
    """
    project = server.project
    with all_processes_busy(project) as served:
        meanwhile = project.probe("postfix")

    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")
        mistake = session.say("RCPT TO:<nobody-here@example.test>")
        after_it = session.say("NOOP")
    afterwards = project.probe("postfix")
    message = letter("a@outside.test", alice.address, subject)

    assert served == 100
    assert (mistake.code, after_it.code) == (550, 421)
    assert meanwhile[0], meanwhile[1]
    assert afterwards[0], afterwards[1]
    assert spammer.send(alice.address, message).code == 250


def test_the_health_check_is_not_rate_limited(server):
    """
    Postfix's health check is let in also where each client has one connection a minute.
    """
    project = server.project
    limits = with_settings(project, CONNECTION_RATE_LIMIT="1", MESSAGE_RATE_LIMIT="1")

    with in_use(project, limits):
        results = [project.probe("postfix") for _ in range(5)]

    assert all(healthy for healthy, _ in results), results


@pytest.mark.core
def test_the_health_checks_port_is_open_on_loopback_only(server):
    """
    The port of Postfix's health check is open on loopback only, and takes no message.
    """
    look = (
        "import socket\n"
        "try: socket.create_connection(('postfix', 10026), 5)\n"
        "except ConnectionRefusedError: print('refused')"
    )
    said = server.project.inside("dkim-sign", "python3", "-c", look)
    taken = run_on_loopback(server.project, "postfix", "send", "10026")

    assert said == b"refused\n"
    assert taken.split()[0] == "554"


@pytest.mark.parametrize(
    ("service", "file"),
    [
        ("postfix", "accounts.db"),
        ("dovecot", "accounts.db"),
        ("dovecot", "passwords.db"),
    ],
)
@pytest.mark.provokes(
    "postfix", "accounts.db|look-?up (error|failure|problem)|readonly"
)
@pytest.mark.provokes("postfix", "pid .* exit status 1|throttling")
@pytest.mark.provokes("dovecot", "accounts.db|readonly|User query failed")
def test_an_interrupted_write_of_the_accounts_is_reported(server, service, file):
    """
    Health names the command that repairs a write of the accounts that was cut off.
    """
    project = server.project
    project.as_root(CUT_OFF.replace("FILE", file))

    wait_until(
        lambda: "stack user list" in check_says(project, service),
        "advice in the check",
    )
    project.stack("user", "list")

    project.inside("postfix", "postfix", "reload")
    project.wait_for("healthy", service)


@pytest.mark.provokes("postfix", "misspelt_parameter")
def test_docker_shows_the_result_of_the_health_check(server):
    """
    `docker compose ps` shows what the health check says, within two minutes.

    The other tests run the same check themselves, so as not to wait for Docker.
    """
    project = server.project
    # Docker may not have run the check since the last test.
    wait_until(
        lambda: in_docker(project) == "healthy", "healthy in Docker at first", 60
    )

    with refused(project, "postfix/main.cf.j2", "misspelt_parameter = yes\n"):
        wait_until(
            lambda: in_docker(project) == "unhealthy", "unhealthy in Docker", 120
        )
        assert "config-refused" in check_says(project)

    wait_until(lambda: in_docker(project) == "healthy", "healthy in Docker", 60)


@contextmanager
def running_on(project, line: str) -> Iterator[None]:
    """Have Postfix run on one *line* more for a while, past `stack`."""
    script = "cd /live/current; {}; exec postfix reload"
    add = script.format(f"cp main.cf /tmp/main.cf; echo '{line}' >> main.cf")
    remove = script.format("cp /tmp/main.cf main.cf")
    project.inside("postfix", "sh", "-euc", add)
    try:
        yield
    finally:
        project.inside("postfix", "sh", "-euc", remove)


def check_says(project, service: str = "postfix") -> str:
    """What the health check of *service* says now."""
    _, said = project.probe(service)
    return said


def in_docker(project) -> str:
    """What Docker says of the health of Postfix."""
    return project.container("postfix").health
