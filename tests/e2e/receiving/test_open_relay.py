"""The server is no open relay, from whatever network a client connects."""

import json

import pytest

from tests.support.clients.container import run_beside
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

# What Postfix says to addresses in brackets that are none.
puzzled = pytest.mark.provokes(
    "postfix", r"valid_ipv4_hostaddr: invalid .*: (::1|2001:db8::25|outside\.test)$"
)


def let_through(asked, address: str) -> list[tuple[str, str, str]]:
    """Of all that was asked, what wasn't refused for good."""
    asked = list(asked)
    assert len({form for _, form, _ in asked}) == len(forms(address)) + 1
    return [each for each in asked if not each[2].startswith("5")]


def test_there_are_forms_enough():
    """At least a hundred ways to write a foreign recipient are tried everywhere."""
    assert len(set(forms("192.0.2.1"))) >= 100
    assert (len(SENDERS), len(FORMS), len(THROUGH_US)) >= (5, 60, 6)


@pytest.mark.parametrize("address", [ADDRESS, "::1"])
@pytest.mark.provokes("postfix", r"Illegal address syntax from \S+ in RCPT command")
@puzzled
def test_no_trick_makes_us_relay_for_the_gateway(server, world, alice, address):
    """
    Through the published port no form of a foreign recipient is taken, from no sender.

    The port is published on loopback, so that we arrive as Docker's gateway; on IPv6
    every client in the world does. The gateway is as much a stranger as anybody.
    """
    port = server.project.port(25, address=address)

    asked = answers(address, port, world.postfix)

    assert let_through(asked, world.postfix) == []
    assert "probe" not in server.project.inside("postfix", "postqueue", "-j").decode()


@pytest.mark.parametrize("network", [*NETWORKS, "itself"])
@pytest.mark.provokes("postfix", r"Illegal address syntax from \S+ in RCPT command")
@puzzled
def test_no_trick_makes_us_relay_for_a_neighbour(server, world, alice, network):
    """
    From no network that Postfix is on, and not from its own loopback, do we relay.

    Loopback is no identity: what runs beside Postfix has no right to relay.
    """
    project = server.project
    where, host = f"{project.name}_{network}", "postfix"
    if network == "itself":
        where, host = f"container:{project.container('postfix').id}", ADDRESS

    printed = run_beside(project, where, "open_relay", host, "25", world.postfix)

    assert let_through(json.loads(printed), world.postfix) == []
    assert "probe" not in project.inside("postfix", "postqueue", "-j").decode()


def test_a_foreign_recipient_is_refused_with_554(spammer):
    """
    The refusal says what is wrong: relay access is denied, for ever.

    A temporary refusal would make spammers come again.
    """
    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")
        reply = session.say("RCPT TO:<stranger@outside.test>")

    assert reply.code == 554
    assert "5.7.1" in str(reply)


def test_nothing_is_published_on_ipv6(server):
    """
    Each port is published on IPv4 alone, where Docker shows us who the client is.

    Asked of Compose, about the project's own compose.yaml and nothing beside it.
    """
    project = server.project
    own = [f"--file={project.folder / 'compose.yaml'}"]
    settings = [each for each in project.options if each.startswith("--env-file")]
    alone = type(project)(project.name, project.folder, own + settings)

    config = json.loads(alone.compose("config", "--format", "json").stdout)

    published = [
        port["host_ip"]
        for service in config["services"].values()
        for port in service.get("ports", [])
    ]
    assert published == [ADDRESS] * 6
