"""
Finds the addresses at which the server's ports can be reached from here.

On the host these are the addresses that Docker has published, on IPv4 and on IPv6. In a
container of ours they are those of the services, by their names.
"""

import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from stack.system.errors import UnableError
from stack.system.parallel import at_once
from stack.system.project import Project

SERVICES = {
    25: "postfix",
    465: "postfix",
    587: "postfix",
    143: "dovecot",
    993: "dovecot",
}

# The port of the service web whose certificates clients see.
HTTPS = 443
WEB_SERVICES = {HTTPS: "web"}

# Docker creates this file in every container.
INSIDE = Path("/.dockerenv")

# Labels that Compose gives to its containers.
FOLDER = "com.docker.compose.project.working_dir"
SERVICE = "com.docker.compose.service"
ONE_OFF = "com.docker.compose.oneoff"

# A port that is published on all addresses is reached on the loopback address.
NEAREST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - looked up, not bound


@dataclass(frozen=True, order=True)
class Endpoint:
    """One of the published ports, at one address."""

    port: int
    """The standard port: 25, 143, 443, 465, 587 or 993."""
    address: str
    at: int
    """The port to connect to; Docker may publish 25 as another one."""

    @property
    def family(self) -> str:
        """IPv4 or IPv6."""
        return f"IPv{ip_address(self.address).version}"

    def __str__(self) -> str:
        """Return it as messages show it: port 25 (127.0.0.1:2525)."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"port {self.port} ({host}:{self.at})"


def is_inside() -> bool:
    """Say whether this process runs in a container."""
    return INSIDE.exists()


def find(root: Path) -> list[Endpoint]:
    """
    Return the mail ports of the project at *root*; empty if it isn't running.

    Raises:
        UnableError: When neither Docker nor the network of the services can be used.
    """
    return _find(root, SERVICES)


def find_web(root: Path) -> list[Endpoint]:
    """
    Return where port 443 of the service web is; empty if it isn't running.

    Raises:
        UnableError: When neither Docker nor the network of the services can be used.
    """
    return _find(root, WEB_SERVICES)


def _find(root: Path, services: Mapping[int, str]) -> list[Endpoint]:
    running = containers(root)
    found = _named(root, services) if running is None else _published(running, services)
    return sorted(set(found))


def containers(root: Path) -> list[Any] | None:
    """Return the containers of the project at *root*; None if Docker can't be used."""
    try:
        import docker
        from docker.errors import DockerException
    except ImportError:
        return None
    try:
        engine = docker.from_env(timeout=10)
        ids = _ids(engine.api.containers(all=True, filters={"label": FOLDER}), root)
        return [each for each in map(partial(_container, engine), ids) if each]
    except DockerException:
        return None


def _ids(listed: list[Any], root: Path) -> list[str]:
    """
    Return the ids of the containers in *listed* that belong to the project at *root*.

    Compose labels them with the path of the folder, which may go through a symbolic
    link. So the folders are compared, not the paths.
    """
    return [
        each["Id"]
        for each in listed
        if each["Labels"].get(ONE_OFF) != "True"
        and _is_same(Path(each["Labels"][FOLDER]), root)
    ]


def _is_same(folder: Path, root: Path) -> bool:
    try:
        return folder.samefile(root)
    except OSError:
        return False


def _container(engine: Any, container: str) -> Any:
    from docker.errors import NotFound

    try:
        return engine.containers.get(container)
    except NotFound:
        # The container has ended since it was listed.
        return None


def execute(
    container: Any, command: Sequence[str], seconds: float = 10, **options: Any
) -> tuple[int, Any]:
    """
    Run *command* in *container*, and return its exit status and what it printed.

    If the container ends meanwhile, the engine may never close the connection
    (https://github.com/moby/moby/issues/34472), and the library would wait for good.

    Args:
        seconds: How long to wait.
        options: Those of docker.models.containers.Container.exec_run.

    Raises:
        DockerException: When the engine can't run it.
        TimeoutError: When it hasn't ended in time. It goes on in the container.
    """
    (done,) = at_once([partial(container.exec_run, list(command), **options)], seconds)
    if done is None:
        raise TimeoutError(f"{' '.join(command)} has not ended within {seconds:g} s")
    return done.exit_code, done.output


def health(root: Path) -> list[tuple[str, str]]:
    """
    Return each service of the project at *root* with its health; empty without Docker.

    The health is healthy, starting, or unhealthy with the last line of the check; for
    a container without a check, its state. `stack` itself has ended, and is left out.
    """
    return sorted(
        (name, _health(each))
        for each in containers(root) or []
        if (name := each.labels[SERVICE]) != "stack"
    )


def logged(root: Path, service: str, since: datetime) -> str:
    """
    Return the last lines that *service* of the project at *root* has logged.

    At most a thousand; empty without Docker.
    """
    return "".join(
        each.logs(since=since, tail=1000).decode(errors="replace")
        for each in containers(root) or []
        if each.labels[SERVICE] == service
    )


def _health(container: Any) -> str:
    if container.health == "unknown":
        return str(container.status)
    if container.health != "unhealthy":
        return str(container.health)
    said = [each["Output"] for each in container.attrs["State"]["Health"]["Log"]]
    words = said[-1].strip().splitlines() if said else []
    return f"unhealthy: {words[-1]}" if words else "unhealthy"


def _published(
    containers: list[Any], services: Mapping[int, str]
) -> Iterator[Endpoint]:
    for container in containers:
        for port, service in services.items():
            if container.labels.get(SERVICE) != service:
                continue
            for binding in container.ports.get(f"{port}/tcp") or []:
                address = NEAREST.get(binding["HostIp"], binding["HostIp"])
                yield Endpoint(port, address, int(binding["HostPort"]))


def _named(root: Path, services: Mapping[int, str]) -> Iterator[Endpoint]:
    # Where IPv6 was closed again, the network still has it, and nobody listens.
    families = (4, 6) if _has_ipv6(root) else (4,)
    for port, service in services.items():
        for *_, (address, *_) in _addresses(service, port):
            if ip_address(address).version in families:
                yield Endpoint(port, str(address), port)


def _has_ipv6(root: Path) -> bool:
    """Say whether Compose and the services were told to have IPv6."""
    try:
        text = Project(root).applied.read_text()
    except OSError:
        # Nothing was applied yet, or it is not for this user to read.
        return False
    return re.search("^COMPOSE_NETWORK_IPV6=true", text, re.MULTILINE) is not None


def _addresses(service: str, port: int) -> list[Any]:
    try:
        return socket.getaddrinfo(service, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        # In our networks, Docker's name server knows every service that runs.
        if is_inside():
            return []
        raise UnableError(
            "from here the mail ports can't be found: run stack as a user who may use"
            " Docker, or as `docker compose run --rm stack`"
        ) from error
