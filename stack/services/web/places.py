"""Where certificates lie, and which ports serve them: mail, or the service web."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from stack.services.web import sites
from stack.system import endpoints
from stack.system.endpoints import Endpoint
from stack.system.project import Project


@dataclass(frozen=True)
class Place:
    """A folder of certificates, and the ports that serve those."""

    name: str
    """The folder below var/."""
    services: Mapping[int, str]
    """The service of each port."""
    ports: str
    """What messages call the ports."""
    has_default: bool
    """Whether clients without SNI get the certificate of MAIL_HOSTNAME."""

    def folder(self, project: Project) -> Path:
        """Return the folder in *project*."""
        return project.var / self.name

    def find(self, root: Path) -> list[Endpoint]:
        """
        Return where the ports of the project at *root* are; empty if none runs.

        Raises:
            UnableError: When neither Docker nor the network of the services can be
                used.
        """
        return endpoints.find(root) if self.has_default else endpoints.find_web(root)


MAIL = Place(
    "tls",
    endpoints.SERVICES,
    "mail port",
    has_default=True,
)

# The service web has its own folder: it must not see the key of the mail ports.
WEB = Place(
    "web",
    endpoints.WEB_SERVICES,
    "web port",
    has_default=False,
)


def of(project: Project, name: str) -> Place:
    """Return where the certificate *name* belongs."""
    return WEB if name in sites.hosts(project) else MAIL
