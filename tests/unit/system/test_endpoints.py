"""Mail ports are found as Docker has published them, or by the services' names."""

import socket
import threading
from types import SimpleNamespace

import pytest

from stack.system import endpoints
from stack.system.endpoints import Endpoint
from stack.system.errors import UnableError
from stack.system.project import Project

# What Docker writes for all addresses of either family.
ALL_4, ALL_6 = endpoints.NEAREST


def container(service: str, state: str = "healthy", **ports: list[tuple[str, str]]):
    """Return a container of *service* as Docker's library shows it."""
    published = {
        f"{name[1:]}/tcp": [{"HostIp": ip, "HostPort": port} for ip, port in bound]
        for name, bound in ports.items()
    }
    labels = {endpoints.SERVICE: service}
    return SimpleNamespace(
        labels=labels, ports=published | {"99/tcp": None}, health=state, status="exited"
    )


@pytest.fixture
def running(monkeypatch) -> list:
    """The containers of the project, to be filled."""
    found: list = []
    monkeypatch.setattr(endpoints, "containers", lambda _: found)
    return found


@pytest.fixture
def names(monkeypatch) -> dict[str, list[str]]:
    """The services' addresses in the containers' network, to be filled; no Docker."""
    known: dict[str, list[str]] = {}

    def look_up(host, port, **_):
        if host not in known:
            raise socket.gaierror(-2, "Name or service not known")
        return [(0, 0, 0, "", (each, port)) for each in known[host]]

    monkeypatch.setattr(endpoints, "containers", lambda _: None)
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return known


def test_each_published_address_is_an_endpoint(running, tmp_path):
    """Ports on all addresses are reached on the loopback, on IPv4 and IPv6."""
    running.append(container("postfix", p25=[(ALL_4, "2525"), (ALL_6, "2526")]))
    running.append(container("dovecot", p993=[("192.0.2.1", "993")]))

    assert endpoints.find(tmp_path) == [
        Endpoint(25, "127.0.0.1", 2525),
        Endpoint(25, "::1", 2526),
        Endpoint(993, "192.0.2.1", 993),
    ]


def test_port_of_another_service_is_ignored(running, tmp_path):
    """An operator's web mail may publish what it likes; and 110 is no port of ours."""
    running.append(container("webmail", p25=[(ALL_4, "1")]))
    running.append(container("dovecot", p25=[(ALL_4, "2")], p110=[(ALL_6, "3")]))

    assert endpoints.find(tmp_path) == []


def test_stopped_server_has_no_endpoints(running, tmp_path):
    """That is known: Docker has said so."""
    assert endpoints.find(tmp_path) == []
    assert endpoints.health(tmp_path) == []


@pytest.mark.parametrize(
    ("env", "addresses"),
    [
        ("COMPOSE_NETWORK_IPV6=true\n", ("172.29.25.5", "fd00::5")),
        ("COMPOSE_NETWORK_IPV6=\n", ("172.29.25.5",)),
        (None, ("172.29.25.5",)),
    ],
)
def test_in_a_container_endpoints_come_from_service_names(
    names, tmp_path, env, addresses
):
    """
    On each of their addresses, on the very port; one that is down is nowhere.

    Nobody listens on IPv6 where it was closed again, though the network has it still.
    """
    names["postfix"] = ["172.29.25.5", "fd00::5", "172.29.25.5"]
    endpoints_inside = tmp_path / "inside"
    endpoints_inside.touch()
    if env is not None:
        applied = Project(tmp_path).applied
        applied.parent.mkdir(parents=True)
        applied.write_text(env)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(endpoints, "INSIDE", endpoints_inside)
        found = endpoints.find(tmp_path)

    assert found == [
        Endpoint(port, address, port)
        for port in (25, 465, 587)
        for address in addresses
    ]


def test_unknown_endpoints_are_an_error(names, tmp_path, monkeypatch):
    """A user who may not use Docker is told what to do."""
    monkeypatch.setattr(endpoints, "INSIDE", tmp_path / "nowhere")

    with pytest.raises(UnableError, match="who may use Docker, or as `docker compose"):
        endpoints.find(tmp_path)
    assert endpoints.health(tmp_path) == []


def test_health_is_listed_for_each_container(running, tmp_path):
    """One without a check by what it does; stack itself is left out."""
    running += [container("postfix"), container("mine", "unknown"), container("stack")]

    assert endpoints.health(tmp_path) == [("mine", "exited"), ("postfix", "healthy")]


def test_unhealthy_container_shows_its_last_check(running, tmp_path):
    """The last line of it: that is the reason."""
    ill = container("resolver", "unhealthy")
    outputs = ["at first\n", "many words\nno answer\n"]
    log = [{"Output": each} for each in outputs]
    ill.attrs = {"State": {"Health": {"Log": log}}}
    running += [ill]

    assert endpoints.health(tmp_path) == [("resolver", "unhealthy: no answer")]


def test_endpoints_are_named_and_sorted():
    """By the port that the world knows; an IPv6 address is in brackets."""
    second, first = Endpoint(465, "::1", 4650), Endpoint(25, "127.0.0.1", 25250)

    assert sorted([second, first]) == [first, second]
    assert str(first) == "port 25 (127.0.0.1:25250)"
    assert str(second) == "port 465 ([::1]:4650)"
    assert (first.family, second.family) == ("IPv4", "IPv6")


def test_a_command_in_a_container_is_not_awaited_for_good():
    """An engine that never tells how a command ended holds nobody up for longer."""
    ended = threading.Event()
    container = SimpleNamespace(exec_run=lambda _: ended.wait())

    with pytest.raises(TimeoutError, match=r"verdict now has not ended within 0\.1 s"):
        endpoints.execute(container, ["verdict", "now"], seconds=0.1)
    ended.set()
