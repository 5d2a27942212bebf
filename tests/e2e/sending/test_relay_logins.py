"""Mail waits for the right login to a relay, and the login stays secret."""

import json
import time

import pytest

from tests.support.configuration.relays import (
    FIRST,
    SECOND,
    by_domain,
    log_in,
    logged_in,
    relay_received_header,
    relaying,
)
from tests.support.faults.services import moved
from tests.support.mail.message import letter
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until

TABLE = "relay/logins.texthash"


@pytest.fixture(scope="module", autouse=True)
def routes(server, relayed):
    """Have two domains at one relay, with a login for the second."""
    routes = by_domain("starttls.test", "shared.test")
    logins = {"@shared.test": SECOND}
    with relaying(server.project, logins, RELAY_BY_DOMAIN=routes):
        yield


def send(alice, domain: str, to: str, subject: str) -> None:
    """Have alice send from an address in *domain* whose mail she gets."""
    sender = f"office@{domain}"
    alice.send(to, message=letter(sender, to, subject), sender=sender)


def reasons(project, number: int) -> list[str]:
    """Return why our *number* messages to the stranger wait, once all have a reason."""
    found = [
        each.reason
        for each in waiting(project, "stranger@outside.test")
        if each.sender.startswith("office@")
    ]
    return found if len(found) == number and all(found) else []


@pytest.mark.provokes("postfix", "SASL authentication failed; server smtp.relay.test")
def test_mail_waits_while_a_relay_refuses_the_login(server, alice, stranger, subject):
    """
    Mail waits while a relay refuses our login, and leaves after `stack relay login`.

    The queue says what the relay said. Mail of another domain with a valid login at the
    same relay leaves meanwhile.
    """
    project = server.project

    with logged_in(project, "@starttls.test", FIRST[0], "a-wrong-password"):
        # Several: Postfix takes a server for dead after a few failures on end.
        for number in range(6):
            send(alice, "starttls.test", stranger.address, f"held {number} {subject}")
        why = wait_until(lambda: reasons(project, 6), "why six messages wait")
        send(alice, "shared.test", stranger.address, f"other {subject}")
        assert SECOND[0] in relay_received_header(stranger.receive(f"other {subject}"))

        log_in(project, "@starttls.test", *FIRST)
        flush(project)
        for number in range(6):
            held = stranger.receive(f"held {number} {subject}")
            assert FIRST[0] in relay_received_header(held)

    assert all("535 5.7.8" in each for each in why)


@pytest.mark.core
def test_mail_waits_while_a_relay_login_is_missing(server, alice, stranger, subject):
    """Mail that a relay refuses for want of a login waits, and is not bounced."""
    project = server.project

    send(alice, "starttls.test", stranger.address, subject)
    (why,) = wait_until(lambda: reasons(project, 1), "why the message waits")
    with logged_in(project, "@starttls.test", *FIRST):
        flush(project)
        assert stranger.receive(subject)

    assert "Relay access denied" in why


@pytest.mark.core
def test_only_root_can_read_the_relay_logins(server):
    """
    The relay logins are in files of mode 600, on the host and in Postfix's container.
    """
    project, places = server.project, (f"/{TABLE}", f"/live/current/{TABLE}")
    postfix = project.container("postfix")
    show = ["stat", "--format", "%a %U", *places]

    refused = [
        postfix.exec_run(["cat", place], user="postfix").exit_code for place in places
    ]

    assert project.inside("postfix", *show).split() == [b"600", b"root"] * 2
    assert project.as_root(f"stat -c '%a %u' var/{TABLE}").split() == ["600", "0"]
    assert all(refused)


@pytest.mark.core
def test_a_relay_password_is_shown_nowhere(server, alice, stranger, subject):
    """
    A relay's password is in no log, process list, `docker inspect` or `stack` output.
    """
    project = server.project
    send(alice, "shared.test", stranger.address, subject)
    assert stranger.receive(subject)

    shown = [str(line) for line in project.lines()]
    for container in project.containers().values():
        shown.append(json.dumps(container.attrs))
        if container.status == "running":
            shown.append(str(container.top(ps_args="-eo pid,args")))
    listed = project.stack("relay", "list", "--json").stdout
    shown += [listed, project.as_root("cat .env; find var/etc -type f -exec cat {} +")]

    entry = {"for": "@shared.test", "login": SECOND[0], "used": True}
    assert entry in json.loads(listed)
    assert not [text for text in shown if SECOND[1] in text]


def test_a_configuration_without_its_relay_logins_is_refused(
    server, alice, stranger, subject
):
    """
    When the relay logins are missing, Postfix is unhealthy and goes on with the last
    ones.
    """
    project, begin = server.project, time.time()
    words = "logins.texthash: is missing; 'stack init' makes it"

    with moved(project, f"var/{TABLE}"):
        wait_until(
            lambda: any(
                words in line.text for line in project.lines(["postfix"], since=begin)
            ),
            "a refusal in the log",
        )
        project.wait_for("unhealthy", "postfix")
        send(alice, "shared.test", stranger.address, subject)
        assert SECOND[0] in relay_received_header(stranger.receive(subject))

    project.wait_for("healthy", "postfix")
