"""Where certificates lie, and which ports serve them: mail, or the service web."""

from collections.abc import Callable, Mapping
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
    find: Callable[[Path], list[Endpoint]]
    """Returns where the ports of the project in a folder are."""
    has_default: bool
    """Whether clients without SNI get the certificate of MAIL_HOSTNAME."""

    def folder(self, project: Project) -> Path:
        """Return the folder in *project*."""
        return project.var / self.name


MAIL = Place(
    "tls",
    endpoints.SERVICES,
    "mail port",
    lambda root: endpoints.find(root),  # looked up late, so that tests can replace it
    has_default=True,
)

# The service web has its own folder: it must not see the key of the mail ports.
WEB = Place(
    "web",
    endpoints.WEB_SERVICES,
    "web port",
    lambda root: endpoints.find_web(root),
    has_default=False,
)


def of(project: Project, name: str) -> Place:
    """Return where the certificate *name* belongs."""
    return WEB if name in sites.hosts(project) else MAIL
