"""The server is no open relay, from whatever network a client connects."""

import json

import pytest

from tests.support.clients.container import run_in_container
from tests.support.clients.programs.open_relay import (
    FORMS,
    SENDERS,
    THROUGH_US,
    answers,
    forms,
)
from tests.support.server.project import ADDRESS

pytestmark = pytest.mark.core

NETWORKS = ("edge", "filter", "sign", "world")

# Postfix warns of an invalid address in brackets.
puzzled = pytest.mark.provokes(
    "postfix", r"valid_ipv4_hostaddr: invalid .*: (::1|2001:db8::25|outside\.test)$"
)


def not_refused(asked, address: str) -> list[tuple[str, str, str]]:
    """Return what was not refused for good."""
    asked = list(asked)
    assert len({form for _, form, _ in asked}) == len(forms(address)) + 1
    return [each for each in asked if not each[2].startswith("5")]


def test_a_hundred_forms_of_a_foreign_recipient_are_tried():
    """At least a hundred forms of a foreign recipient are tried by these tests."""
    assert len(set(forms("192.0.2.1"))) >= 100
    assert (len(SENDERS), len(FORMS), len(THROUGH_US)) >= (5, 60, 6)


@pytest.mark.parametrize("address", [ADDRESS, "::1"])
@pytest.mark.provokes("postfix", r"Illegal address syntax from \S+ in RCPT command")
@puzzled
def test_no_form_of_a_foreign_recipient_is_relayed_for_the_gateway(
    server, world, alice, address
):
    """
    No form of a foreign recipient is accepted through the published port.

    The test arrives as Docker's gateway, on IPv4 and on IPv6: the gateway is not
    trusted. Whatever it wants, on IPv6 it is told to come again by IPv4.
    """
    port = server.project.port(25, address=address)

    asked = answers(address, port, world.postfix)

    taken = not_refused(asked, world.postfix)
    if address == "::1":
        taken = [each for each in taken if not each[2].startswith("451 4.7.1")]
    assert taken == []
    assert "probe" not in server.project.inside("postfix", "postqueue", "-j").decode()


@pytest.mark.parametrize("network", [*NETWORKS, "itself"])
@pytest.mark.provokes("postfix", r"Illegal address syntax from \S+ in RCPT command")
@puzzled
def test_no_form_of_a_foreign_recipient_is_relayed_for_a_container(
    server, world, alice, network
):
    """
    No form of a foreign recipient is accepted from another container or from loopback.

    What runs beside Postfix has no right to relay.
    """
    project = server.project
    where, host = f"{project.name}_{network}", "postfix"
    if network == "itself":
        where, host = f"container:{project.container('postfix').id}", ADDRESS

    printed = run_in_container(project, where, "open_relay", host, "25", world.postfix)

    assert not_refused(json.loads(printed), world.postfix) == []
    assert "probe" not in project.inside("postfix", "postqueue", "-j").decode()


def test_a_foreign_recipient_is_refused_with_554(spammer):
    """
    A foreign recipient is refused for good, with 554 5.7.1.

    A temporary refusal would make spammers come again.
    """
    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")
        reply = session.say("RCPT TO:<stranger@outside.test>")

    assert reply.code == 554
    assert "5.7.1" in str(reply)


def test_no_port_is_published_on_ipv6_by_itself(server):
    """
    Each port is published on IPv4 alone, until `stack init` says in .env to open IPv6.

    Compose is asked about the project's own compose.yaml, and as for a fresh clone.
    """
    project = server.project
    own = [f"--file={project.folder / 'compose.yaml'}", "--env-file=/dev/null"]
    alone = type(project)(project.name, project.folder, own)

    config = json.loads(
        alone.compose("--profile=*", "config", "--format", "json").stdout
    )

    published = [
        port["host_ip"]
        for service in config["services"].values()
        for port in service.get("ports", [])
    ]
    assert published == ["0.0.0.0"] * 8  # noqa: S104 - compared, not bound
    assert config["networks"]["edge"]["enable_ipv6"] is False
