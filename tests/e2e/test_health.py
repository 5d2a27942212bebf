"""Healthy means that mail flows, not that a port is open."""

import pytest

from .configuration import changed
from .message import letter
from .wait import wait_until

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
def test_a_full_disk_is_unhealthy(server, spammer, alice, subject):
    """
    When Postfix answers 452 because the queue has no room, its container says so.

    The disk isn't filled: Postfix is told to want more room than any disk has.
    """
    project, more = server.project, "queue_minfree = 1152921504606846976\n"

    with changed(project, "postfix/main.cf.j2", more):
        wait_until(lambda: "answered: 452" in told(project), "452 in the check")
        project.wait_for("unhealthy", "postfix")
        with spammer.session() as session:
            assert session.say("MAIL FROM:<a@outside.test>").code == 452

    project.wait_for("healthy", "postfix")
    message = letter("a@outside.test", alice.address, subject)
    assert spammer.send(alice.address, message).code == 250


@pytest.mark.provokes("postfix", "misspelt_restriction|Server configuration error")
def test_a_rule_that_nobody_knows_is_unhealthy(server):
    """
    Postfix finds a misspelt restriction only when it comes to it, and answers 451.
    """
    project = server.project
    rules = "smtpd_client_restrictions = misspelt_restriction\n"

    with changed(project, "postfix/main.cf.j2", rules):
        wait_until(lambda: "answered: 451" in told(project), "451 in the check")
        project.wait_for("unhealthy", "postfix")

    project.wait_for("healthy", "postfix")


@pytest.mark.provokes("dovecot", "lmtp|missing")
@pytest.mark.provokes("postfix", "lmtp|dovecot")
def test_a_delivery_that_nobody_answers_is_unhealthy(server):
    """Dovecot reads a plugin's name as it is, and misses the plugin at a delivery."""
    project = server.project
    plugin = "protocol lmtp {\n mail_plugins {\n  missing = yes\n }\n}\n"

    with changed(project, "dovecot/dovecot.conf.j2", plugin):
        wait_until(lambda: "/run/sockets/lmtp" in told(project, "dovecot"), "the check")
        project.wait_for("unhealthy", "dovecot")

    project.wait_for("healthy", "dovecot")


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
def test_a_change_of_the_accounts_that_was_cut_off_is_told(server, service, file):
    """
    Readers can't take it back; health names the command that does, and it does.
    """
    project = server.project
    project.as_root(CUT_OFF.replace("FILE", file))

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

    with changed(project, "postfix/main.cf.j2", "misspelt_parameter = yes\n"):
        wait_until(lambda: shown(project) == "unhealthy", "unhealthy in Docker", 120)
        assert "config-refused" in told(project)

    wait_until(lambda: shown(project) == "healthy", "healthy in Docker", 60)


def told(project, service: str = "postfix") -> str:
    """What the health check of *service* says now."""
    _, said = project.probe(service)
    return said


def shown(project) -> str:
    """What Docker says of the health of Postfix."""
    return project.container("postfix").health
