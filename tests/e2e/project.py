"""One copy of the project, run by Docker Compose under a name of its own."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import docker
from docker.models.containers import Container

from .logs import Line, lines
from .wait import wait_until

# Where Docker publishes our ports, and for whom each service answers there.
ADDRESS = "127.0.0.1"
SERVICE_OF_PORT = {
    25: "postfix",
    465: "postfix",
    587: "postfix",
    143: "dovecot",
    993: "dovecot",
}
LABEL = "com.docker.compose"

# Seconds. All images from nothing, on a machine of two cores, take some minutes.
BUILT_WITHIN = 1800

# What Compose and Docker need to know. All else is left out: Compose would prefer
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
    past: list[Line] = field(default_factory=list)
    """What containers said that are gone since."""
    passwords: dict[str, str] = field(default_factory=dict)
    """Those of the accounts that tests made, by address."""

    @cached_property
    def docker(self) -> docker.DockerClient:
        """The engine, asked through its socket."""
        return docker.from_env()

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
        if check and done.returncode:
            raise CommandError(
                f"{' '.join(done.args)}: exit {done.returncode}\n"
                f"{done.stdout}{done.stderr}"
            )
        return done

    def stack(
        self, *arguments: str, stdin: str = "", check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run the operator's command the way people without Python run it."""
        run = ("run", "--rm", "--no-deps", "--no-TTY", "stack")
        return self.compose(*run, *arguments, stdin=stdin, check=check)

    def as_root(self, script: str) -> str:
        """Run a shell *script* in the project's folder; much of var/ is root's."""
        output = self.docker.containers.run(
            self.image,
            ["-euc", script],
            entrypoint="sh",
            remove=True,
            network_mode="none",
            working_dir="/project",
            volumes={str(self.folder): {"bind": "/project", "mode": "rw"}},
        )
        return output.decode()

    def containers(self) -> dict[str, Container]:
        """The containers there are, by service."""
        # An image has the project's label, too, and all that is run from it.
        labels = [f"{LABEL}.project={self.name}", f"{LABEL}.oneoff=False"]
        found = self.docker.containers.list(all=True, filters={"label": labels})
        return {each.labels[f"{LABEL}.service"]: each for each in found}

    def container(self, service: str) -> Container:
        """The container of *service*, in its present state."""
        return self.containers()[service]

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
        code, (output, complaint) = container.exec_run(list(command), demux=True)
        if code:
            raise CommandError(f"{service}: {command}: exit {code}: {complaint}")
        return output or b""

    def health(self, service: str) -> str:
        """What `docker compose ps` says: starting, healthy or unhealthy."""
        return self.container(service).health

    def wait_for(self, health: str, service: str, within: float = 60) -> None:
        """Wait until *service* is *health*."""
        wait_until(
            lambda: self.health(service) == health, f"{service} {health}", within
        )

    def down(self, *options: str) -> None:
        """Remove the containers, but remember what they said."""
        self.past = self.lines()
        self.compose("down", *options)

    def lines(self, services: Iterable[str] = (), since: float = 0) -> list[Line]:
        """What the containers said *since* a moment, in seconds of the epoch."""
        present = [
            line
            for service, container in sorted(self.containers().items())
            for line in lines(
                service, container.logs(timestamps=True, since=since or None)
            )
        ]
        return [
            line
            for line in self.past + present
            if line.at >= since and (not services or line.service in services)
        ]

    def said(self, service: str, since: float) -> str:
        """What *service* said *since* a moment, as one text."""
        return "\n".join(line.text for line in self.lines([service], since))

    def remove(self) -> None:
        """Remove the folder, with what the containers' root wrote there."""
        try:
            shutil.rmtree(self.folder)
        except PermissionError:
            self.as_root("rm -rf var .env")
            shutil.rmtree(self.folder)
