"""One copy of the project, run by Docker Compose under a name of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import docker
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from stack.system import endpoints
from tests.support.logs.lines import Line
from tests.support.logs.logbook import Logbook
from tests.support.server.containers import Containers
from tests.support.server.operator.container import Operator, execute
from tests.support.wait import wait_until

# The address of the published ports, and the service of each port.
ADDRESS = "127.0.0.1"
SERVICE_OF_PORT = {
    25: "postfix",
    465: "postfix",
    587: "postfix",
    143: "dovecot",
    993: "dovecot",
}

# Seconds. All images from nothing, on a machine of two cores, take some minutes.
BUILT_WITHIN = 1800

# A command in a container, and a health check, on a busy machine.
ENDED_WITHIN = 300
CHECKED_WITHIN = 60

# The variables that Compose and Docker need. Others are left out: Compose would prefer
# a SMTP_PORT from a developer's shell to the one in .env.
KEPT_VARIABLES = (
    *("PATH", "HOME", "DOCKER_", "BUILDX_", "PIP_CERT"),
    *("http", "HTTP", "no_", "NO_"),
)


def clean_environment() -> dict[str, str]:
    """The environment without the settings somebody may have exported."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(KEPT_VARIABLES)
    }


class CommandError(Exception):
    """A command that a test relies on failed; the text holds what it said."""


@dataclass
class Project:
    """
    The project in *folder*, as the Compose project *name*.

    Compose changes its state, the Docker SDK reads it: the SDK knows no Compose.
    """

    name: str
    folder: Path
    options: list[str] = field(default_factory=list)
    image: str = "mailstack/stack"
    """The image of the operator's command; it has a shell and Python."""
    environment: Mapping[str, str] = field(default_factory=clean_environment)
    logbooks: dict[str, Logbook] = field(default_factory=dict)
    """What each service has said."""
    passwords: dict[str, str] = field(default_factory=dict)
    """Those of the accounts that tests made, by address."""

    @cached_property
    def engine(self) -> Containers:
        """The containers, as the engine knows them."""
        return Containers(self.name)

    @property
    def docker(self) -> docker.DockerClient:
        """The engine, asked through its socket."""
        return self.engine.docker

    @cached_property
    def operator(self) -> Operator:
        """A container of the service `stack`, for commands."""
        return Operator(self.folder, self.compose)

    @property
    def command(self) -> list[str]:
        """How to call Compose on this project; for a person, too."""
        return ["docker", "compose", "--project-name", self.name, *self.options]

    def compose(
        self, *arguments: str, stdin: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """
        Run `docker compose` with *arguments*.

        Raises:
            CommandError: When it fails, unless *check* is off.
        """
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=BUILT_WITHIN,
            check=False,
        )
        return _checked(done, check)

    def stack(
        self, *arguments: str, stdin: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """
        Run `stack` with *arguments* where people without Python run it.

        Raises:
            CommandError: When it fails, unless *check* is off.
        """
        return self.operate("stack", *arguments, stdin=stdin, check=check)

    def operate(
        self, *command: str, stdin: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """
        Run *command* in the project's folder, as the root of the operator's container.

        Raises:
            CommandError: When it fails, unless *check* is off.
        """
        return _checked(self.operator.run(*command, stdin=stdin), check)

    def execute(
        self, service: str, *command: str, stdin: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """
        Run *command* in the container of *service*, as `docker compose exec` would.

        Raises:
            CommandError: When it fails, unless *check* is off.
        """
        container = str(self.container(service).id)
        return _checked(execute(container, *command, stdin=stdin), check)

    def as_root(self, script: str) -> str:
        """
        Run a shell *script* in the project's folder; much of var/ is root's.

        Raises:
            CommandError: When it fails.
        """
        return self.operate("sh", "-euc", script).stdout

    def containers(self) -> dict[str, Container]:
        """The containers there are, by service."""
        return self.engine.all()

    def container(self, service: str) -> Container:
        """The container of *service*, in its present state."""
        return self.engine.get(service)

    def networks(self, service: str) -> dict[str, dict[str, str]]:
        """How *service* is attached to each network: its address there, and others."""
        attached: dict[str, dict[str, str]] = self.container(service).attrs[
            "NetworkSettings"
        ]["Networks"]
        return attached

    @property
    def gateway(self) -> str:
        """The address that clients through a port on loopback come from."""
        return self.networks("postfix")[f"{self.name}_edge"]["Gateway"]

    def port(self, number: int, service: str = "", address: str = ADDRESS) -> int:
        """
        Tell where *number* is published now, on that *address* of this machine.

        Docker chooses again at every start of a container.

        Raises:
            ConnectionRefusedError: When the container isn't running.
        """
        service = service or SERVICE_OF_PORT[number]
        for binding in self.container(service).ports.get(f"{number}/tcp") or []:
            if binding["HostIp"] == address:
                return int(binding["HostPort"])
        raise ConnectionRefusedError(f"{service}: port {number} isn't published now")

    def inside(self, service: str, *command: str) -> bytes:
        """
        Run *command* in the container of *service* and return what it printed.

        Raises:
            CommandError: When it fails.
        """
        container = self.container(service)
        try:
            done = endpoints.execute(container, command, ENDED_WITHIN, demux=True)
        except TimeoutError as error:
            raise CommandError(f"{service}: {error}") from None
        code, (output, complaint) = done
        if code:
            raise CommandError(f"{service}: {command}: exit {code}: {complaint}")
        return output or b""

    def probe(self, service: str) -> tuple[bool, str]:
        """
        Run the health check of *service*: whether all is well, and what it says.

        Docker runs the same command, but every thirty seconds: see test_health.py.
        """
        container = self.container(service)
        kind, *command = container.attrs["Config"]["Healthcheck"]["Test"]
        if kind == "CMD-SHELL":
            command = ["/bin/sh", "-c", *command]
        try:
            code, said = endpoints.execute(container, command, CHECKED_WITHIN)
        except (APIError, TimeoutError) as error:
            # It isn't running, or not any more.
            return False, str(error)
        return code == 0, said.decode(errors="replace")

    def health(self, service: str) -> str:
        """Tell how *service* is at this moment: healthy or unhealthy."""
        well, _ = self.probe(service)
        return "healthy" if well else "unhealthy"

    def wait_for(self, health: str, service: str, within: float = 60) -> None:
        """Wait until *service* is *health*."""
        wait_until(
            lambda: self.health(service) == health, f"{service} {health}", within
        )

    def down(self, *options: str) -> None:
        """Remove the containers, but remember what they said."""
        self.lines()
        self.compose("down", *options)
        self.operator.container = ""

    def lines(self, services: Iterable[str] = (), since: float = 0) -> list[Line]:
        """What *services*, or all, said *since* a moment, in seconds of the epoch."""
        return [
            line
            for service in services or sorted({*self.engine.list(), *self.logbooks})
            for line in self._logbook(service).since(since)
        ]

    def said(self, service: str, since: float) -> str:
        """What *service* said *since* a moment, as one text."""
        return "\n".join(line.text for line in self.lines([service], since))

    def _logbook(self, service: str) -> Logbook:
        book = self.logbooks.setdefault(service, Logbook(service))
        # Of a service that has no container now, the book says all there is.
        with suppress(KeyError, NotFound):
            book.read(self.container(service))
        return book

    def start_services(self, *services: str) -> None:
        """Start *services* of the test world that do not run yet."""
        missing = set(services) - set(self.engine.list())
        if missing:
            self.compose("up", "--build", "--detach", "--wait", *sorted(missing))

    def remove(self) -> None:
        """Remove the folder, with what the containers' root wrote there."""
        try:
            shutil.rmtree(self.folder)
        except PermissionError:
            self._empty()
            shutil.rmtree(self.folder)

    def _empty(self) -> None:
        # The operator's container is gone by then.
        self.docker.containers.run(
            self.image,
            ["-euc", "rm -rf var .env"],
            entrypoint="sh",
            remove=True,
            network_mode="none",
            volumes={str(self.folder): {"bind": "/project", "mode": "rw"}},
        )


def _checked(
    done: subprocess.CompletedProcess[str], check: bool
) -> subprocess.CompletedProcess[str]:
    """Return what is *done*, or raise when it failed and is to be checked."""
    if check and done.returncode:
        command = " ".join(done.args)
        raise CommandError(
            f"{command}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        )
    return done
