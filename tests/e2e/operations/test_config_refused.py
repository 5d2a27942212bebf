"""A configuration that a daemon refuses changes nothing but the container's health."""

import re
import socket
import time

import pytest

from tests.support.configuration.templates import refused, settings
from tests.support.faults.services import moved
from tests.support.harness.tiers import core_rows
from tests.support.mail.message import letter
from tests.support.server.project import ADDRESS
from tests.support.wait import wait_until

BROKEN = {
    "postfix": ("main.cf", "misspelt_parameter = yes"),
    "dovecot": ("dovecot.conf", "misspelt_setting = yes"),
    "spamassassin": ("local.cf", "body MISSPELT_RULE /(never closed/"),
    "dkim-sign": ("dkimpy-milter.conf", "MisspeltKey yes"),
    "dkim-verify": ("dkimpy-milter.conf", "MisspeltKey yes"),
    "reports": ("reports.toml", "misspelt"),
    "srs": ("srs.conf", "misspelt_key = yes"),
    "tls-policy": ("tls-policy.conf", "misspelt = yes"),
}


def mail_flows(alice, bob, spammer, subject: str) -> bool:
    """Send on 587 and on 25, read on 993."""
    alice.send(bob.address, f"587 {subject}")
    spammer.send(bob.address, letter("a@outside.test", bob.address, f"25 {subject}"))
    return all(bob.receive(f"{port} {subject}") for port in (587, 25))


@pytest.mark.parametrize("service", core_rows(BROKEN, "postfix", "dkim-verify"))
@pytest.mark.provokes("postfix", "misspelt_parameter")
@pytest.mark.provokes("dovecot", "misspelt_setting")
@pytest.mark.provokes("spamassassin", "MISSPELT_RULE|lint: 1 issues detected")
def test_a_broken_configuration_is_refused(
    server, alice, bob, spammer, subject, service
):
    """
    A daemon goes on with its old configuration when it refuses the new one.

    The log names the wrong line once; when it is mended, the daemon is healthy again.
    """
    project, begin = server.project, time.time()
    file, line = BROKEN[service]

    with refused(project, f"{service}/{file}.j2", f"{line}\n"):
        wait_for_refusal(project, service, begin)
        rendered = project.as_root(f"cat var/etc/{service}/{file}").splitlines()
        assert mail_flows(alice, bob, spammer, f"broken {subject}")

    project.wait_for("healthy", service)
    assert mail_flows(alice, bob, spammer, f"mended {subject}")
    number = rendered.index(line) + 1
    said = log(project, service, begin)
    named = re.compile(rf"/config/{re.escape(file)}(:| line ){number}:")
    assert sum("configuration refused" in text for text in said) == 1
    assert sum(bool(named.search(text)) for text in said) == 1


@pytest.mark.parametrize("service", ["postfix", "dovecot"])
def test_a_configuration_without_its_certificate_is_refused(
    server, alice, bob, spammer, subject, service
):
    """
    A configuration whose certificate is missing is refused, also if there is another
    one.
    """
    project, begin = server.project, time.time()

    with moved(project, "var/tls/mail.example.test.pem"):
        wait_for_refusal(project, service, begin)
        assert mail_flows(alice, bob, spammer, subject)

    project.wait_for("healthy", service)
    said = log(project, service, begin)
    assert sum("mail.example.test.pem: is missing" in text for text in said) == 1


def test_a_deleted_config_folder_needs_a_restart_after_init(
    server, alice, bob, spammer, subject
):
    """
    After its configuration folder was deleted and made anew, a container asks for a
    restart.

    The mount shows the old folder until then.
    """
    project = server.project
    project.as_root("rm -r var/etc/dkim-verify")

    project.wait_for("unhealthy", "dkim-verify")
    project.stack("init", "--yes")
    assert mail_flows(alice, bob, spammer, subject)
    project.compose("restart", "dkim-verify")

    project.wait_for("healthy", "dkim-verify")
    said = "\n".join(map(str, project.lines(["dkim-verify"])))
    assert "/config is empty: run 'stack init', then 'docker compose restart'" in said


@pytest.mark.provokes("postfix", "misspelt_parameter")
def test_the_last_good_configuration_outlives_a_restart(
    server, alice, bob, spammer, subject
):
    """A container that restarts with a broken configuration uses its last good one."""
    project, begin = server.project, time.time()

    with refused(project, "postfix/main.cf.j2", "misspelt_parameter = yes\n"):
        wait_for_refusal(project, "postfix", begin)
        project.container("postfix").restart()
        wait_until(lambda: greets(spammer), "an answer on port 25")
        assert mail_flows(alice, bob, spammer, subject)
        assert project.health("postfix") != "healthy"

    project.wait_for("healthy", "postfix")


@pytest.mark.core
@pytest.mark.provokes("stack", r"Error: \.env line")
def test_an_invalid_env_changes_nothing(server, alice, bob, spammer, subject):
    """
    With an invalid .env, every problem is listed, and no file or container changes.
    """
    project = server.project
    before = state(project)

    with settings(project, MESSAGE_SIZE_LIMIT="large", LOG_LEVEL="loud", MISSPELT="1"):
        refused = project.stack("init", "--yes", check=False)
        up = project.compose("up", "--detach", "--wait", check=False)

    said = refused.stdout + refused.stderr
    assert refused.returncode == 4
    assert all(key in said for key in ("MESSAGE_SIZE_LIMIT", "LOG_LEVEL", "MISSPELT"))
    assert "large" in said
    assert "loud" in said
    assert up.returncode != 0
    assert state(project) == before
    assert mail_flows(alice, bob, spammer, subject)


@pytest.mark.core
@pytest.mark.provokes("stack", r"Error: \.env line")
def test_an_invalid_env_beside_a_new_port_stops_no_mail(
    server, alice, bob, spammer, subject
):
    """
    With an invalid .env beside a changed port, Postfix goes on with its last good
    settings.

    Compose makes its container anew before the rest of .env is read, and names the
    service `stack`, which has refused.
    """
    project = server.project

    with settings(project, SUBMISSION_PORT=str(free_port()), MISSPELT="1"):
        up = project.compose("up", "--detach", "--wait", check=False)
        container = project.container("postfix").id
        health = project.health("postfix")
        flows = mail_flows(alice, bob, spammer, f"refused {subject}")
        shown = project.compose("logs", "stack").stdout
    project.compose("up", "--detach", "--wait")

    assert up.returncode != 0
    assert 'service "stack" didn\'t complete successfully: exit 4' in up.stderr
    assert (health, flows) == ("healthy", True)
    assert "MISSPELT is not a setting" in shown
    assert project.container("postfix").id != container
    assert mail_flows(alice, bob, spammer, f"accepted {subject}")


def free_port() -> int:
    """Return a port that nobody listens at now."""
    with socket.create_server((ADDRESS, 0)) as found:
        return int(found.getsockname()[1])


def state(project) -> dict[str, str]:
    """Each file under var/, and which containers run, and since when."""
    files = project.as_root("find var -type f -exec sha256sum {} + | sort")
    running = {
        service: f"{container.id} {container.attrs['State']['StartedAt']}"
        for service, container in project.containers().items()
        if service != "stack"
    }
    return {"var": files, **running}


@pytest.mark.core
def test_a_new_setting_is_in_force_without_a_restart(server, spammer):
    """`stack init` puts a new setting in force, without a restart."""
    project = server.project
    started = state(project)["postfix"]

    with settings(project, MESSAGE_SIZE_LIMIT="2000000"):
        project.stack("init", "--yes")
        wait_until(lambda: "250-SIZE 2000000" in offer(spammer), "the new limit")
    project.stack("init", "--yes")
    wait_until(lambda: "250-SIZE 52428800" in offer(spammer), "the old limit again")

    assert state(project)["postfix"] == started


def log(project, service: str, begin: float) -> list[str]:
    """What *service* has said since the test began."""
    return [line.text for line in project.lines([service], since=begin)]


def wait_for_refusal(project, service: str, begin: float) -> None:
    """
    Wait until *service* has refused its configuration, and shows it.

    It is unhealthy a little earlier: from when there is a new one to be looked at.
    """
    wait_until(
        lambda: "configuration refused" in "".join(log(project, service, begin)),
        f"a refusal in the log of {service}",
    )
    project.wait_for("unhealthy", service)


def offer(spammer) -> str:
    """What port 25 says to EHLO."""
    with spammer.session() as session:
        return str(session.ehlo())


def greets(spammer) -> bool:
    """Whether port 25 greets anybody."""
    try:
        with spammer.session() as session:
            return session.greeting.code == 220
    except OSError:
        return False
