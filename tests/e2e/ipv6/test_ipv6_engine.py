"""The ports are open on IPv6 where the engine lets the addresses of clients through."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.support.configuration.templates import settings
from tests.support.faults.other_engine import Engine, other_engine
from tests.support.mail.outsiders import Spammer
from tests.support.server.project import ADDRESS, Project
from tests.support.server.server import Server

# An engine before 27 as it comes, and as tools/engine.sh sets it up.
HIDING = {"ip6tables": False}
KEEPING = {"experimental": True, "ip6tables": True}

OUTSIDER = "2001:db8:77::1"
SUBNET = "fd2e:e2e0:2::/64"


def look(engine: Engine, project: Project, **wanted: str) -> str:
    """What tools/ipv6.sh says of *engine*, with other variables of Compose."""
    variables = {
        "COMPOSE_PROJECT_NAME": project.name,
        "PUBLISH_ADDRESS_IPV6": "::",
        "NETWORK_SUBNET": "10.211.1.0/24",
        "NETWORK_SUBNET_IPV6": SUBNET,
        "COMPOSE_FILE": str(project.folder / "compose.yaml"),
        **wanted,
    }
    values = [f"{key}={value}" for key, value in variables.items()]
    return engine.run("env", *values, str(project.folder / "tools" / "ipv6.sh"))


# On a busy machine `stack status` doesn't wait for what a port has to say.
hurried = pytest.mark.provokes(
    "postfix", "SSL_accept error .*: (lost|Connection reset)"
)


@contextmanager
def network(engine: Engine, name: str, *options: str) -> Iterator[None]:
    """Have a Docker network on *engine*, for a while."""
    engine.run("docker", "network", "create", *options, name)
    try:
        yield
    finally:
        with suppress(subprocess.CalledProcessError):
            engine.run("docker", "network", "rm", name)


@pytest.fixture(scope="module")
def hiding(server, tmp_path_factory) -> Iterator[Engine]:
    """Have an engine without ip6tables, on a machine with an address on IPv6."""
    folder = tmp_path_factory.mktemp("hiding") / "engine"
    with other_engine(folder, HIDING, server.project.image) as engine:
        engine.within("ip", "address", "add", f"{OUTSIDER}/128", "dev", "lo")
        yield engine


@pytest.mark.core
def test_an_engine_that_hides_clients_is_found_out(hiding, server):
    """An engine without ip6tables is seen to hide the addresses of clients."""
    assert look(hiding, server.project) == "hidden"
    assert look(hiding, server.project, IPV6="no") == ""
    narrow = {"PUBLISH_ADDRESS": "127.0.0.1", "PUBLISH_ADDRESS_IPV6": ""}
    assert look(hiding, server.project, **narrow) == ""


def test_networks_that_stand_in_the_way_are_found(hiding, server):
    """A network edge of before it had IPv6, or one with our addresses, is found."""
    project = server.project
    edge = f"{project.name}_edge"
    with network(hiding, "other", "--ipv6", "--subnet=fd2e:e2e0:2::/48"):
        taken = look(hiding, project)
    with network(hiding, edge):
        start = ("docker", "create", f"--network={edge}", "--name=old", project.image)
        hiding.run(*start)
        old = look(hiding, project)
        hiding.run("docker", "rm", "old")
        unused = look(hiding, project)

    assert (taken, old, unused) == ("taken", "old-network", "hidden")
    assert hiding.run("docker", "network", "ls", "--format={{.Name}}").split() == [
        "bridge",
        "host",
        "none",
    ]


def test_an_engine_that_keeps_addresses_is_found_out(server, tmp_path_factory):
    """An engine with ip6tables is seen to keep them, if the machine has an address."""
    folder = tmp_path_factory.mktemp("keeping") / "engine"
    with other_engine(folder, KEEPING, server.project.image) as engine:
        without = look(engine, server.project)
        engine.within("ip", "address", "add", f"{OUTSIDER}/128", "dev", "lo")

        assert look(engine, server.project) == "kept"
    assert without == "none"


@hurried
@pytest.mark.core
def test_where_clients_are_hidden_the_ports_are_closed(server):
    """
    If clients are hidden, `stack init` closes the ports on IPv6.

    `stack status` says why, and what to do.
    """
    project = server.project

    with settings(project, IPV6="auto"):
        project.stack("init", "--yes", "--ipv6-seen=hidden", "--only-env")
        options = [each for each in project.options if "/world/" not in each]
        own = Project(project.name, project.folder, options)
        config = json.loads(own.compose("config", "--format=json").stdout)
        status = json.loads(project.stack("status", "--json", check=False).stdout)

    published = {
        port["host_ip"]
        for service in config["services"].values()
        for port in service.get("ports", [])
    }
    assert published == {ADDRESS}
    assert config["networks"]["edge"]["enable_ipv6"] is False
    (row,) = [each for each in status if each["kind"] == "ipv6"]
    assert row["level"] == "warn"
    assert row["state"].startswith("closed: the engine gives all IPv6 clients the")
    assert '"ip6tables": true in /etc/docker/daemon.json' in row["state"]


@pytest.mark.provokes("postfix", "IPv6 is switched on or off in a new container")
def test_a_running_postfix_keeps_its_protocols(server, world, alice):
    """
    Postfix refuses to be switched from IPv6 while it runs, and serves both as before.

    It could not: it would end at each client on IPv6. The remedy is said.
    """
    project = server.project
    client = Spammer(Server(project, world.outsider))

    try:
        with settings(project, IPV6="no"):
            done = project.stack("init", "--yes", check=False)
            (reply,) = client.ask(alice.address)
    finally:
        project.stack("init", "--yes")

    assert done.returncode == 1
    assert "docker compose up --detach --wait" in done.stderr
    assert reply.code == 250
