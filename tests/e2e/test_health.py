"""Healthy means that mail flows, not that a port is open."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .configuration import refused
from .message import letter
from .wait import wait_until

# Begins a change that is too large for memory, and dies in the middle of it.
CUT_OFF = """python3 -c '
import os, sqlite3
accounts = sqlite3.connect("var/accounts/accounts.db", isolation_level=None)
accounts.execute("PRAGMA cache_size = 1")
accounts.execute("BEGIN IMMEDIATE")
accounts.execute("CREATE TABLE half (text)")
accounts.executemany("INSERT INTO half VALUES (?)", [("x" * 4000,)] * 100)
os._exit(0)
'"""


@pytest.mark.core
@pytest.mark.provokes("postfix", "not enough free space")
def test_a_full_disk_is_unhealthy(server, spammer, alice, subject):
    """
    When Postfix answers 452 because the queue has no room, its container says so.

    The disk isn't filled: Postfix is told to want more room than any disk has, in
    what it runs on, for by `stack` such a setting would be refused.
    """
    project, more = server.project, "queue_minfree = 1152921504606846976"

    with running_on(project, more):
        wait_until(lambda: "answered: 452" in told(project), "452 in the check")
        project.wait_for("unhealthy", "postfix")
        with spammer.session() as session:
            assert session.say("MAIL FROM:<a@outside.test>").code == 452

    project.wait_for("healthy", "postfix")
    message = letter("a@outside.test", alice.address, subject)
    assert spammer.send(alice.address, message).code == 250


@pytest.mark.parametrize("service", ["postfix", "dovecot"])
@pytest.mark.provokes(
    "postfix", "accounts.db|look-?up (error|failure|problem)|readonly"
)
@pytest.mark.provokes("postfix", "pid .* exit status 1|throttling")
@pytest.mark.provokes("dovecot", "accounts.db|readonly|User query failed")
def test_a_change_of_the_accounts_that_was_cut_off_is_told(server, service):
    """
    Readers can't take it back; health names the command that does, and it does.
    """
    project = server.project
    project.as_root(CUT_OFF)

    wait_until(
        lambda: "stack user list" in told(project, service), "advice in the check"
    )
    project.stack("user", "list")

    project.inside("postfix", "postfix", "reload")
    project.wait_for("healthy", service)


@pytest.mark.provokes("postfix", "misspelt_parameter")
def test_docker_shows_what_the_check_says(server):
    """
    Docker runs the check by itself, twice a minute: `docker compose ps` tells of it.

    The other tests run the same check themselves, so as not to wait for Docker.
    """
    project = server.project

    with refused(project, "postfix/main.cf.j2", "misspelt_parameter = yes\n"):
        wait_until(lambda: shown(project) == "unhealthy", "unhealthy in Docker", 120)
        assert "config-refused" in told(project)

    wait_until(lambda: shown(project) == "healthy", "healthy in Docker", 60)


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


def told(project, service: str = "postfix") -> str:
    """What the health check of *service* says now."""
    _, said = project.probe(service)
    return said


def shown(project) -> str:
    """What Docker says of the health of Postfix."""
    return project.container("postfix").health
