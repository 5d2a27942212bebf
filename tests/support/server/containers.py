"""The containers of one Compose project, each asked for by itself."""

from dataclasses import dataclass, field
from functools import cached_property

import docker
from docker.errors import NotFound
from docker.models.containers import Container

LABEL = "com.docker.compose"


@dataclass
class Containers:
    """
    The containers of the Compose project *name*, one-off containers left out.

    A look at one container costs 2 ms, a look at all of them 60 ms: what runs as a
    service is remembered by its id until Docker no longer knows that id.
    """

    name: str
    ids: dict[str, str] = field(default_factory=dict)

    @cached_property
    def docker(self) -> docker.DockerClient:
        """The engine, asked through its socket."""
        return docker.from_env()

    def get(self, service: str) -> Container:
        """
        Return the container of *service*, in its present state.

        Raises:
            KeyError: When there is none.
        """
        if service in self.ids:
            try:
                return self.docker.containers.get(self.ids[service])
            except NotFound:
                pass
        self.ids = self.list()
        return self.docker.containers.get(self.ids[service])

    def all(self) -> dict[str, Container]:
        """Return the containers there are, by service."""
        self.ids = self.list()
        return {service: self.get(service) for service in self.ids}

    def list(self) -> dict[str, str]:
        """Return the ids of the containers there are, by service."""
        # An image has the project's label, too, and all that is run from it.
        labels = [f"{LABEL}.project={self.name}", f"{LABEL}.oneoff=False"]
        found = self.docker.api.containers(all=True, filters={"label": labels})
        return {each["Labels"][f"{LABEL}.service"]: each["Id"] for each in found}
