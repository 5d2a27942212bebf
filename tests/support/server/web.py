"""The service web: switched on for a while, and asked as clients ask it."""

import http.client
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.support.certs.acme import Authority
from tests.support.clients.trust import Trust
from tests.support.configuration.templates import settings
from tests.support.server.project import ADDRESS, Project
from tests.support.world.name_servers.published_zone import publish

# Seconds, for one answer.
TIMEOUT = 10


@dataclass(frozen=True)
class Answer:
    """What the web server said."""

    status: int
    headers: dict[str, str]
    """By lower-case name."""
    text: str


@dataclass(frozen=True)
class Web:
    """The web server of *project*."""

    project: Project

    def client(self, host: str) -> Trust:
        """Return a TLS client for *host* that believes the test world's authority."""
        client = Trust(ssl.PROTOCOL_TLS_CLIENT)
        client.load_verify_locations(cadata=Authority(self.project).root)
        client.server_name = host
        return client

    def connect(self, host: str) -> http.client.HTTPSConnection:
        """
        Open a connection that stays, to ask *host*.

        Raises:
            ssl.SSLError: When the server has no certificate for *host*.
        """
        port = self.project.port(443, "web")
        connection = http.client.HTTPSConnection(
            ADDRESS, port, timeout=TIMEOUT, context=self.client(host)
        )
        connection.connect()
        return connection

    def get(self, host: str, path: str, *, named: str = "") -> Answer:
        """
        Fetch *path* of *host* over TLS; the request may be *named* for another host.

        Raises:
            ssl.SSLError: When the server has no certificate for *host*.
        """
        return ask(self.connect(host), path, named or host)

    def get_plain(self, host: str, path: str) -> Answer:
        """Fetch *path* of *host* without TLS."""
        port = self.project.port(80, "web")
        connection = http.client.HTTPConnection(ADDRESS, port, timeout=TIMEOUT)
        return ask(connection, path, host)


def ask(
    connection: http.client.HTTPConnection, path: str, host: str, *, stay: bool = False
) -> Answer:
    """Fetch *path* of *host* on *connection*, and close that unless it is to *stay*."""
    try:
        connection.request("GET", path, headers={"Host": host})
        found = connection.getresponse()
        headers = {name.lower(): value for name, value in found.getheaders()}
        return Answer(found.status, headers, found.read().decode())
    finally:
        if not stay:
            connection.close()


@contextmanager
def running(project: Project) -> Iterator[Web]:
    """Have the web server switched on for a while, in the way of an operator."""
    with settings(project, WEB="yes"):
        project.stack("init", "--yes")
        try:
            up = ("up", "--build", "--detach", "--wait", "--wait-timeout=180")
            project.compose(*up, "web", "certs")
            publish(project)
            yield Web(project)
        finally:
            project.compose("stop", "web")
            # Read while it is there.
            project.lines(["web"])
            project.compose("rm", "--force", "web")
            project.as_root("find var/web -mindepth 1 -delete")
    project.stack("init", "--yes")
    # It takes port 80 back.
    project.compose("up", "--detach", "--wait", "certs")
    publish(project)
