"""Brings the stack up once, in a copy of its own, and introduces the people."""

import math
import shlex
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support.certs.certificates import Certificates, restored
from tests.support.configuration.postscreen import all_clients_refused
from tests.support.configuration.relays import ROUTES
from tests.support.configuration.reload import await_reload
from tests.support.harness.checkout import new_project
from tests.support.harness.log_check import LogCheck
from tests.support.harness.run import (
    KEEP,
    pytest_collection_modifyitems,
    pytest_sessionstart,
    pytest_unconfigure,
    pytest_xdist_auto_num_workers,
)
from tests.support.harness.subnets import free_subnet
from tests.support.logs.lines import RAN
from tests.support.mail.mailbox import Mailbox
from tests.support.mail.message import new_subject
from tests.support.mail.outsiders import Spammer, Stranger
from tests.support.server.accounts import add_domains, open_account, operate
from tests.support.server.project import CommandError, Project
from tests.support.server.server import DOMAIN, PORTS, Server
from tests.support.world import OUTSIDE, World
from tests.support.world.name_servers.published_zone import publish

__all__ = [
    "pytest_collection_modifyitems",
    "pytest_sessionstart",
    "pytest_unconfigure",
    "pytest_xdist_auto_num_workers",
]

# The door that leads to port 25 of who is refused.
REFUSED_BY_POSTSCREEN = "25, refused"
PROJECT = pytest.StashKey[Project]()


def pytest_configure(config: pytest.Config) -> None:
    """Register the marks `provokes`, which announces log lines, and `core`."""
    config.addinivalue_line(
        "markers", "provokes(service, pattern): this makes the service log such lines"
    )
    config.addinivalue_line("markers", "core: `make test` runs this, not only test-all")


def end_run(request: pytest.FixtureRequest, reason: str) -> NoReturn:
    """End the run with the *reason*, which pytest.exit would not show from a worker."""
    request.session.shouldfail = "there is no server to test"
    pytest.fail(reason, pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Record when a test runs, as what it announces is expected at that time only."""
    began = time.time()
    item.stash[RAN] = (began, math.inf)
    result = yield
    item.stash[RAN] = (began, time.time())
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Attach what the containers have logged to the report of a failure."""
    report = yield
    if report.failed and PROJECT in item.config.stash:
        lines = item.config.stash[PROJECT].lines(since=call.start)
        said = [line for line in lines if not line.is_probe]
        report.sections.append(("Containers", "\n".join(map(str, said))))
    return report


@pytest.fixture(scope="session")
def log_check() -> LogCheck:
    """Return the check of the logs for this run."""
    return LogCheck()


@pytest.fixture(scope="module", autouse=True)
def logs_checked(
    server: Server, log_check: LogCheck, request: pytest.FixtureRequest
) -> Iterator[None]:
    """
    Have each file of tests leave nothing under way for the next, and nothing amiss.

    See test_logs.py.
    """
    yield
    await_reload(server.project)
    found = log_check.problems(server.project, request.session.items)
    assert not found, "\n".join(map(str, found))


@pytest.fixture(scope="session")
def world() -> World:
    """Return a test internet on addresses that are free here."""
    return World(free_subnet())


@pytest.fixture(scope="session")
def project(world: World, pytestconfig: pytest.Config) -> Iterator[Project]:
    """Copy the project as a clone would be, with settings for the tests."""
    # Not pytest's own folder, which is emptied while containers may still use it.
    folder = Path(tempfile.mkdtemp(prefix="mail-e2e-"))
    project = new_project(folder / "clone", world)
    pytestconfig.stash[PROJECT] = project
    yield project
    if KEEP:
        print(f"\nkept running: {shlex.join(project.command)}")
    else:
        project.remove()
        folder.rmdir()


@pytest.fixture(scope="session")
def docker_compose_command(project: Project) -> str:
    """Tell pytest-docker how to call Compose, with every profile of ours."""
    return shlex.join(("docker", "compose", "--profile=*", *project.options))


@pytest.fixture(scope="session")
def docker_compose_file(project: Project) -> list[str]:
    """Name no files to pytest-docker: they are among the options."""
    return []


@pytest.fixture(scope="session")
def docker_compose_project_name(project: Project) -> str:
    """Keep out of the way of a server that runs from this very working tree."""
    return project.name


@pytest.fixture(scope="session")
def docker_setup() -> list[str]:
    """Leave it to `server` to start what is needed."""
    return []


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    """Remove the containers, networks and volumes of this project."""
    return [] if KEEP else ["down --volumes --remove-orphans"]


@pytest.fixture(scope="session")
def server(
    docker_services: object, project: Project, request: pytest.FixtureRequest
) -> Server:
    """
    Bring everything up and wait until it is healthy.

    Not in pytest-docker's own set-up: when that fails, nothing is shown and nothing
    is removed.
    """
    try:
        project.compose("up", "--build", "--detach", "--wait", "--wait-timeout=300")
        publish(project)
    except CommandError as error:
        end_run(request, str(error))
    return Server(project)


@pytest.fixture(scope="module", params=[*PORTS, REFUSED_BY_POSTSCREEN])
def tls_port(request: pytest.FixtureRequest, server: Server) -> Iterator[int]:
    """
    Yield each mail port in turn, and 25 once more for clients that are refused.

    postscreen talks to such a client, and tlsproxy encrypts for it.
    """
    if request.param == REFUSED_BY_POSTSCREEN:
        with all_clients_refused(server.project):
            yield 25
    else:
        yield request.param


@pytest.fixture(scope="session")
def alice(server: Server) -> Mailbox:
    """Give the first account to a user of the first domain."""
    return open_account(server, f"alice@{DOMAIN}")


@pytest.fixture(scope="session")
def bob(server: Server, alice: Mailbox) -> Mailbox:
    """Give an account to her colleague."""
    return open_account(server, f"bob@{DOMAIN}")


@pytest.fixture(scope="session")
def carol(server: Server, alice: Mailbox) -> Mailbox:
    """Give an account to a user of a domain that was added later."""
    add_domains(server.project, "second.test")
    return open_account(server, "carol@second.test")


@pytest.fixture(scope="session")
def relayed(server: Server, alice: Mailbox) -> None:
    """
    Add the domains whose mail is relayed.

    In every domain office@ is alice, and away@ leads to the stranger.
    """
    server.project.start_services("relay")
    add_domains(server.project, *ROUTES)
    operate(
        server.project,
        f"alias add office {alice.address}",
        f"alias add away stranger@{OUTSIDE}",
    )
    server.project.wait_for("healthy", "dkim-sign")


@pytest.fixture(scope="session")
def authorities(server: Server) -> None:
    """Start the ACME authorities, and the name server that they ask."""
    server.project.start_services("names", "ca", "ca-eab", "busy")


@pytest.fixture(scope="module")
def certificates(server: Server) -> Iterator[Certificates]:
    """Let a file of tests change the certificates; they are put back after it."""
    with restored(server) as found:
        yield found


@pytest.fixture(scope="module")
def issued(certificates: Certificates, authorities: None) -> None:
    """Let a file of tests begin with a certificate from the authority."""
    certificates.issue()


@pytest.fixture(scope="session")
def sinks(server: Server) -> None:
    """Start the servers that record all that they receive."""
    kinds = ("plain", "broken", "old", "eight", "six")
    server.project.start_services(*(f"sink-{kind}" for kind in kinds))


@pytest.fixture(scope="session")
def transport(server: Server, sinks: None) -> None:
    """Start the mail server with many certificates, and that of MTA-STS policies."""
    server.project.start_services("sink-tls", "policies")


@pytest.fixture(scope="session")
def mirror(server: Server) -> None:
    """Start a channel with updates of SpamAssassin rules."""
    server.project.start_services("mirror")


@pytest.fixture(scope="session")
def stranger(server: Server, world: World) -> Stranger:
    """Return a user of the other mail server."""
    return Stranger(server, world)


@pytest.fixture(scope="session")
def spammer(server: Server) -> Spammer:
    """Return a client on port 25 without any rights."""
    return Spammer(server)


@pytest.fixture
def subject() -> str:
    """Return a unique subject."""
    return new_subject()
