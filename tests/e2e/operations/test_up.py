"""`stack up` and `make up` change nothing when they refuse, and say why."""

import re
import socket
import sys
from collections.abc import Iterator

import pytest

from tests.support.configuration.templates import settings
from tests.support.harness.clone import ids, new_clone, run_up
from tests.support.harness.subnets import free_networks
from tests.support.mail.mailbox import Mailbox
from tests.support.mail.outsiders import Spammer
from tests.support.server.project import ADDRESS, Project
from tests.support.server.server import Server
from tests.support.upgrade import PASSWORD, rename, unpack
from tests.support.world import World


@pytest.fixture(scope="module")
def clone(
    server: Server, world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    """
    Have a clone as one with umask 077 makes it, with ports in .env and no names.

    On IPv6 its ports are those of an address that the world gives this machine.
    """
    project = new_clone(tmp_path_factory.mktemp("up") / "clone", "up")
    with (project.folder / ".env").open("a") as env:
        env.write(f"PUBLISH_ADDRESS_IPV6={world.outsider}\n")
    yield project
    project.compose("down", "--volumes", "--remove-orphans")
    project.remove()


@pytest.fixture(scope="module")
def running(clone: Project) -> Project:
    """Start the clone's server."""
    done = run_up(clone)
    assert done.returncode == 0, done.stderr
    return clone


@pytest.fixture
def untouched(running: Project) -> Iterator[Project]:
    """Expect that no container is changed or restarted by the test."""
    before = started(running)
    yield running
    assert started(running) == before


def started(project: Project) -> dict[str, tuple[str, str]]:
    """Each container with the moment of its start."""
    return {
        service: (id_, project.container(service).attrs["State"]["StartedAt"])
        for service, id_ in ids(project).items()
    }


@pytest.mark.core
def test_a_clone_made_with_umask_077_starts(running):
    """
    A clone that was made with umask 077 starts, with only ports in .env.

    At the end it prints what the ports serve.
    """
    services = {each: running.container(each).health for each in ids(running)}
    env = (running.folder / ".env").read_text()

    assert len(services) == 11
    assert set(services.values()) == {"healthy"}
    assert "\nMAIL_DOMAIN=example.test\nMAIL_HOSTNAME=mail.example.test\n" in env
    status = running.stack("status", check=False).stdout
    ports = [line for line in status.splitlines() if line.startswith("port ")]
    assert len(ports) == 10
    assert all(line.endswith(" answers") for line in ports)


@pytest.mark.core
def test_up_opens_the_ports_on_ipv6(running, world):
    """
    `make up` sees that clients on IPv6 keep their addresses, and opens the ports.

    It does so in the first run.
    """
    client = Server(running, world.outsider)

    assert "\nIPV6_SEEN=kept\n" in (running.folder / ".env").read_text()
    with Spammer(client).session() as session:
        session.say("MAIL FROM:<a@outside.test>")
        session.say("RCPT TO:<nobody@example.test>")
    assert f"[{world.outsider}]" in running.said("postfix", 0)
    assert "open on" in running.stack("status", check=False).stdout


def test_up_changes_no_container_without_a_change(untouched):
    """`make up` and `stack up` leave each container as it is if nothing has changed."""
    command = ("-m", "stack", "--project", str(untouched.folder), "up")

    for done in (run_up(untouched), run_up(untouched, sys.executable, *command)):
        assert done.returncode == 0, done.stderr
        assert "(10." in done.stdout


def test_an_invalid_env_is_refused_before_any_container_changes(untouched):
    """An invalid .env is refused with its line, before any container changes."""
    with settings(untouched, SMTP_PORT="2525", MISSPELT="1"):
        done = run_up(untouched)

    assert done.returncode == 4
    assert "MISSPELT is not a setting" in done.stderr


def test_a_port_in_use_is_reported_with_its_setting(untouched, server):
    """A port in use is reported with its setting, and with who has it."""
    other = str(server.port(25))
    with (
        socket.create_server((ADDRESS, 0)) as taken,
        settings(
            untouched, SMTP_PORT=str(taken.getsockname()[1]), SUBMISSION_PORT=other
        ),
    ):
        done = run_up(untouched)

    said = messages_by_setting(done.stderr)
    assert done.returncode == 3
    assert "is taken by a program of this machine" in said["SMTP_PORT"]
    assert f"{other} is taken by {server.project.name}-" in said["SUBMISSION_PORT"]


def test_an_address_of_another_machine_is_reported_with_its_setting(untouched):
    """A PUBLISH_ADDRESS that is not this machine's is reported with its setting."""
    with settings(untouched, PUBLISH_ADDRESS="192.0.2.1", SMTP_PORT="2525"):
        done = run_up(untouched)

    assert done.returncode == 3
    assert "192.0.2.1 is no address of this machine: set PUBLISH_ADDRESS" in done.stderr


@pytest.mark.parametrize(
    ("setting", "value", "network", "more"),
    [
        ("NETWORK_SUBNET", "10.212.1.0/24", "edge", {}),
        (
            "RESOLVER_NETWORK",
            "10.212.2.0/24",
            "names",
            {"RESOLVER_ADDRESS": "10.212.2.53"},
        ),
    ],
)
def test_a_network_in_use_is_not_changed(untouched, setting, value, network, more):
    """A change of a network that is in use is refused, with the remedy."""
    with settings(untouched, **{setting: value}, **more):
        done = run_up(untouched)

    assert done.returncode == 3
    assert f"the network {untouched.name}_{network} has 10.213." in done.stderr
    assert f"{setting} in .env is for {value}" in done.stderr
    assert "docker compose down" in done.stderr


def test_overlapping_networks_are_reported_with_their_setting(untouched):
    """A network that overlaps with another project's is reported with its setting."""
    name = f"{untouched.name}-two"
    # Docker makes networks in no fixed order: one alone is to overlap.
    other = {key: value for key, value in free_networks().items() if "RESOLVER" in key}
    with settings(untouched, COMPOSE_PROJECT_NAME=name, **other):
        done = run_up(untouched)
        untouched.compose("--project-name", name, "down", "--volumes")

    assert done.returncode != 0
    assert f"the addresses of the network {name}_edge are" in done.stderr
    assert "set NETWORK_SUBNET in .env" in done.stderr


@pytest.fixture
def older(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Have a clone with .env and var/ of 0.1.0, and its settings renamed."""
    project = new_clone(tmp_path_factory.mktemp("older") / "clone", "older")
    env = project.folder / ".env"
    ports = env.read_text()
    unpack(project.folder)
    rename(env)
    lines = env.read_text().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("RESOLVER_")]
    env.write_text("".join(kept) + ports)
    yield project
    project.compose("down", "--volumes", "--remove-orphans")
    project.remove()


def test_up_takes_over_the_data_of_the_version_before(older, subject):
    """A user of 0.1.0 logs in, and sends by the aliases and the DKIM keys of then."""
    done = run_up(older)
    assert done.returncode == 0, done.stderr

    alice = Mailbox("alice@example.test", PASSWORD, Server(older))
    alice.send("alice@old.example", subject)

    signatures = " ".join(alice.receive(subject).all("DKIM-Signature"))
    keys = {path.stem for path in (older.folder / "var/dkim/example.test").iterdir()}
    assert keys == {"rsa-202611", "ed25519-202611"}
    assert set(re.findall(r"\bs=([\w-]+)", signatures)) == keys


def messages_by_setting(said: str) -> dict[str, str]:
    """Return the message about each port in use, by its setting."""
    lines = [line for line in said.splitlines() if " is taken by " in line]
    return {line.split("set ")[1].split()[0]: line for line in lines}
