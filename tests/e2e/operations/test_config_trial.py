"""A configuration is taken back if its daemon does not work with it."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.configuration.templates import refused, settings
from tests.support.faults.services import kill, slow
from tests.support.harness.tiers import core_rows
from tests.support.mail.message import letter
from tests.support.server.project import CommandError, Project
from tests.support.wait import wait_until

# Values that Postfix's check accepts and that a process dies of: the line, and a part
# of the message. A line replaces the one of main.cf that begins as it does.
DEADLY = {
    "a time": ("maximal_queue_lifetime = lots", "bad time value or unit: lots"),
    "a number": ("bounce_size_limit = 1 kilobyte", "configuration: bounce_size_limit"),
    "what master reads": ("default_process_limit = many", "default_process_limit"),
    "what the first letter to a carrier needs": (
        "lmtp_destination_recipient_limit = few",
        "lmtp_destination_recipient_limit = few",
    ),
    "a table": (
        "transport_maps = texthash:/nowhere",
        "database /nowhere: No such file",
    ),
    "a word": ("smtp_tls_security_level = sometimes", 'TLS level "sometimes"'),
    "a carrier": ("virtual_transport = pigeon:", "no service 'pigeon'"),
}


@pytest.mark.parametrize("kind", core_rows(DEADLY, "a time"))
@pytest.mark.provokes(
    "postfix", "lots|1 kilobyte|= many|= few|/nowhere|sometimes|pigeon"
)
def test_a_value_that_a_process_dies_of_is_refused(
    server, alice, bob, spammer, subject, kind
):
    """
    A value that a Postfix process would die of is refused, and mail goes on.

    `stack` exits 1 with the daemon's line; Postfix is unhealthy.
    """
    project, (line, words) = server.project, DEADLY[kind]

    with as_setting(project, line) as said:
        assert "postfix goes on with its last good configuration" in said
        assert words in said
        project.wait_for("unhealthy", "postfix")
        assert_mail_flows(alice, bob, spammer, subject)

    project.wait_for("healthy", "postfix")
    assert_mail_flows(alice, bob, spammer, f"mended {subject}")


@pytest.mark.provokes("postfix", "pigeon")
def test_a_service_whose_program_is_missing_is_refused(server, spammer, alice):
    """A service in master.cf whose program is missing is refused."""
    service = "pigeon unix - - n - - pigeon\n"

    with refused(server.project, "postfix/master.cf.j2", service) as said:
        assert "pigeon: bad command startup" in said
        server.project.wait_for("unhealthy", "postfix")

    server.project.wait_for("healthy", "postfix")


# Faults that only use shows: service, file, new text, old text, words of the message.
SEEN_AT_WORK = {
    "a rule that nobody knows": (
        "postfix",
        "main.cf",
        "smtpd_client_restrictions = misspelt_restriction\n",
        "",
        "answered: 451",
    ),
    "a plugin of deliveries": (
        "dovecot",
        "dovecot.conf",
        "protocol lmtp {\n mail_plugins {\n  missing = yes\n }\n}\n",
        "",
        "/run/sockets/lmtp",
    ),
    "a plugin of readers": (
        "dovecot",
        "dovecot.conf",
        "protocol imap {\n mail_plugins {\n  missing = yes\n }\n}\n",
        "",
        "imap does not serve",
    ),
    "accounts elsewhere": (
        "dovecot",
        "dovecot.conf",
        "sqlite_path = /accounts/nowhere.db",
        "sqlite_path = /accounts/accounts.db",
        "users can't be looked up",
    ),
    "a socket that is closed": (
        "dovecot",
        "dovecot.conf",
        "  unix_listener /run/sockets/auth {\n    mode = 0600",
        "  unix_listener /run/sockets/auth {\n    mode = 0660",
        "/run/sockets/auth: Postfix may not connect",
    ),
}


@pytest.mark.parametrize("kind", core_rows(SEEN_AT_WORK, "a plugin of deliveries"))
@pytest.mark.provokes("postfix", "misspelt_restriction|Server configuration error")
@pytest.mark.provokes("postfix", "lmtp|dovecot|SASL|exit status 1|throttling|/run/sock")
@pytest.mark.provokes("dovecot", "lmtp|missing|nowhere|imap|auth")
def test_a_configuration_that_does_not_work_is_put_back(
    server, alice, bob, spammer, subject, kind
):
    """
    A configuration that no check refuses and that doesn't work is put back.

    `stack` waits for that, exits 1, and says what was wrong.
    """
    project = server.project
    service, file, text, instead_of, words = SEEN_AT_WORK[kind]
    change = refused(project, f"{service}/{file}.j2", text, instead_of)

    with change as said:
        assert f"{service} goes on with its last good configuration" in said
        assert words in said
        project.wait_for("unhealthy", service)
        assert_mail_flows(alice, bob, spammer, subject)

    project.wait_for("healthy", service)
    assert_mail_flows(alice, bob, spammer, f"mended {subject}")


STARTED_ON = {
    "nothing": "rm dkimpy-milter.conf",
    "an empty file": "echo -n > dkimpy-milter.conf",
    "a misspelt line": "echo MisspeltKey yes >> dkimpy-milter.conf",
}


@pytest.mark.parametrize("service", ["dkim-sign", "dkim-verify"])
@pytest.mark.parametrize("kind", STARTED_ON)
def test_a_container_that_starts_with_a_broken_configuration_is_unhealthy(
    server, alice, bob, spammer, subject, service, kind
):
    """
    A container that starts with a broken configuration serves the last good one.

    Docker shows it as unhealthy within a minute.
    """
    project = server.project
    folder = f"var/etc/{service}"
    project.as_root(f"rm -rf /tmp/kept; cp -R {folder} /tmp/kept")

    try:
        project.as_root(
            f"cd {folder}; {STARTED_ON[kind]}; sha256sum dkim* > SHA256SUMS || true"
        )
        project.container(service).restart()
        wait_until(lambda: shown(project, service) == "unhealthy", "unhealthy", 60)
        assert_mail_flows(alice, bob, spammer, subject)
    finally:
        project.as_root(f"cp -R /tmp/kept/. {folder}")

    wait_until(lambda: shown(project, service) == "healthy", "healthy", 60)


@pytest.mark.provokes("resolver", "nobody|group id|user id|fatal")
def test_a_resolver_configuration_that_fails_only_at_a_start_is_refused(server):
    """
    A resolver configuration that a reload takes and a start doesn't is refused.

    A reload keeps the user that unbound runs as.
    """
    project = server.project
    wrong, right = 'username: "nobody"', 'username: ""'

    with refused(project, "resolver/unbound.conf.j2", wrong, right) as said:
        assert "resolver goes on with its last good configuration" in said
        assert "fatal error: unable to set" in said
        project.wait_for("unhealthy", "resolver")
        project.container("resolver").restart()
        wait_until(lambda: "last good one" in project.said("resolver", 0), "a start")
        wait_until(lambda: resolver_answers(project), "an answer")

    project.wait_for("healthy", "resolver")


@pytest.mark.provokes("postfix", "192.0.2.1|SASL|[Mm]ilter|exit status")
def test_a_configuration_that_ends_postfix_is_tried_twice(
    server, alice, bob, spammer, subject
):
    """
    A configuration that ends Postfix is tried twice, and then the old one is kept.

    Its container starts again on the last good configuration each time.
    """
    project, begin = server.project, time.time()
    elsewhere = "192.0.2.1:smtp inet n - n - - smtpd\n"

    with refused(project, "postfix/master.cf.j2", elsewhere) as said:
        assert "postfix goes on with its last good configuration" in said
        assert "the container ended each time" in said
        wait_until(lambda: offer(spammer), "an answer on port 25")
        assert_mail_flows(alice, bob, spammer, subject)
        project.wait_for("unhealthy", "postfix")
        assert project.said("postfix", begin).count("daemon started") == 2

    project.wait_for("healthy", "postfix")


@pytest.mark.provokes("postfix", "SASL|exit status|throttling|[Mm]ilter")
def test_a_trial_that_was_killed_is_repeated(server, spammer):
    """
    A container that is killed while it tries a good configuration takes it afterwards.
    """
    project = server.project

    with (
        settings(project, MESSAGE_SIZE_LIMIT="3000000"),
        ThreadPoolExecutor() as pool,
    ):
        done = pool.submit(project.stack, "init", "--yes")
        wait_until(lambda: is_tried(project, "postfix"), "the trial")
        kill(project, "postfix")
        done.result()
        wait_until(lambda: "250-SIZE 3000000" in offer(spammer), "the new limit")

    project.stack("init", "--yes")
    project.wait_for("healthy", "postfix")


@pytest.mark.core
def test_dovecot_is_seen_at_work_at_each_look(server, alice):
    """
    A look at a Dovecot that works finds it at work, and not at the second try only.

    On a busy machine there is no time for many.
    """
    looks = "for _ in $(seq 10); do /usr/local/lib/config/works 0 || exit; done"

    server.project.inside("dovecot", "bash", "-c", looks)


@pytest.mark.provokes("postfix", "SASL|lmtp|/run/sockets")
@pytest.mark.provokes("dovecot", "Debug: ")
def test_a_slow_service_takes_a_good_configuration(server, alice, subject):
    """
    Dovecot with a tenth of a core takes a good configuration, and keeps it.
    """
    project = server.project

    with slow(project, "dovecot"), settings(project, LOG_LEVEL="debug"):
        project.stack("init", "--yes")
    project.stack("init", "--yes")

    project.wait_for("healthy", "dovecot")
    alice.send(alice.address, subject)
    assert alice.receive(subject)


def resolver_answers(project: Project) -> bool:
    """Say whether the resolver answers."""
    asked = ["drill", "-Q", "TXT", "alive.resolver.internal", "@127.0.0.1"]
    return b"yes" in project.container("resolver").exec_run(asked).output


def is_tried(project: Project, service: str) -> bool:
    """Whether *service* tries a new configuration at this moment."""
    try:
        project.inside(service, "test", "-e", "/live/trial")
    except CommandError:
        return False
    return True


def offer(spammer) -> str:
    """What port 25 says to EHLO; nothing if nobody answers."""
    try:
        with spammer.session() as session:
            return str(session.ehlo())
    except OSError:
        return ""


def as_setting(project: Project, line: str):
    """Have main.cf with *line*, in the place of the one with the same name."""
    text = (project.folder / "config/postfix/main.cf.j2").read_text()
    name = line.partition(" = ")[0]
    there = [each for each in text.splitlines() if each.startswith(f"{name} =")]
    if there:
        return refused(project, "postfix/main.cf.j2", f"\n{line}\n", f"\n{there[0]}\n")
    return refused(project, "postfix/main.cf.j2", f"{line}\n")


def assert_mail_flows(alice, bob, spammer, subject: str) -> None:
    """Send on 587 and on 25, read on 993."""
    alice.send(bob.address, f"587 {subject}")
    spammer.send(bob.address, letter("a@outside.test", bob.address, f"25 {subject}"))
    assert all(bob.receive(f"{port} {subject}") for port in (587, 25))


def shown(project: Project, service: str) -> str:
    """What Docker says of the health of *service*."""
    return str(project.container(service).health)
