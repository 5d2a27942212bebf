"""`stack up` and `make up` change nothing when they refuse, and say why."""

import socket
import sys
from collections.abc import Iterator

import pytest

from tests.support.configuration.templates import settings
from tests.support.harness.clone import bring_up, ids, new_clone
from tests.support.server.project import ADDRESS, Project


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Have a clone as one with umask 077 makes it, with ports in .env and no names."""
    project = new_clone(tmp_path_factory.mktemp("up") / "clone", "up")
    yield project
    project.compose("down", "--volumes", "--remove-orphans")
    project.remove()


@pytest.fixture(scope="module")
def running(clone: Project) -> Project:
    """Have it brought up."""
    done = bring_up(clone)
    assert done.returncode == 0, done.stderr
    return clone


@pytest.fixture
def untouched(running: Project) -> Iterator[Project]:
    """Have each container be the same afterwards, and not started anew."""
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
def test_a_clone_that_only_its_owner_may_read_starts(running):
    """
    With umask 077, and with ports alone in .env: a trial that is healthy.

    What the ports serve is told at the end.
    """
    services = {each: running.container(each).health for each in ids(running)}
    env = (running.folder / ".env").read_text()

    assert len(services) == 7
    assert set(services.values()) == {"healthy"}
    assert "\nMAIL_DOMAIN=example.test\nMAIL_HOSTNAME=mail.example.test\n" in env
    status = running.stack("status", check=False).stdout
    ports = [line for line in status.splitlines() if line.startswith("port ")]
    assert len(ports) == 5
    assert all(line.endswith(" answers") for line in ports)


def test_nothing_is_made_anew_where_nothing_has_changed(untouched):
    """Neither by `make up` nor by the command on the machine, which is the same."""
    command = ("-m", "stack", "--project", str(untouched.folder), "up")

    for done in (bring_up(untouched), bring_up(untouched, sys.executable, *command)):
        assert done.returncode == 0, done.stderr
        assert "(10." in done.stdout


def test_a_wrong_env_is_refused_before_a_container_is_touched(untouched):
    """With the line that is wrong, though the port beside it would have Compose act."""
    with settings(untouched, SMTP_PORT="2525", MISSPELT="1"):
        done = bring_up(untouched)

    assert done.returncode == 4
    assert "MISSPELT is not a setting" in done.stderr


def test_a_port_that_is_taken_is_named_with_its_setting(untouched, server):
    """Which container has it, or that a program has; the old port stays open."""
    other = str(server.port(25))
    with (
        socket.create_server((ADDRESS, 0)) as taken,
        settings(
            untouched, SMTP_PORT=str(taken.getsockname()[1]), SUBMISSION_PORT=other
        ),
    ):
        done = bring_up(untouched)

    said = taken_words(done.stderr)
    assert done.returncode == 3
    assert "is taken by a program of this machine" in said["SMTP_PORT"]
    assert f"{other} is taken by {server.project.name}-" in said["SUBMISSION_PORT"]


def test_an_address_of_another_machine_is_named_with_its_setting(untouched):
    """It can't be listened at here."""
    with settings(untouched, PUBLISH_ADDRESS="192.0.2.1", SMTP_PORT="2525"):
        done = bring_up(untouched)

    assert done.returncode == 3
    assert "192.0.2.1 is no address of this machine: set PUBLISH_ADDRESS" in done.stderr


@pytest.mark.parametrize(
    ("setting", "value", "network"),
    [
        ("NETWORK_SUBNET", "10.212.1.0/24", "edge"),
        ("RESOLVER_NETWORK", "10.212.2", "names"),
    ],
)
def test_a_network_in_use_is_not_changed(untouched, setting, value, network):
    """Compose would end the resolver, and could not start it again."""
    with settings(untouched, **{setting: value}):
        done = bring_up(untouched)

    assert done.returncode == 3
    assert f"the network {untouched.name}_{network} has 10.213." in done.stderr
    assert f"{setting} in .env is for {value}" in done.stderr
    assert "docker compose down" in done.stderr


def test_networks_that_overlap_are_named_with_their_setting(untouched):
    """Those of another project, here of the first server itself."""
    name = f"{untouched.name}-two"
    with settings(untouched, COMPOSE_PROJECT_NAME=name):
        done = bring_up(untouched)
        untouched.compose("--project-name", name, "down", "--volumes")

    assert done.returncode != 0
    assert f"the addresses of the network {name}_edge are" in done.stderr
    assert "set NETWORK_SUBNET in .env" in done.stderr


def taken_words(said: str) -> dict[str, str]:
    """What was said of each port that is taken, by its setting."""
    lines = [line for line in said.splitlines() if " is taken by " in line]
    return {line.split("set ")[1].split()[0]: line for line in lines}
