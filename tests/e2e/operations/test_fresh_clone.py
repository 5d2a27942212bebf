"""`docker compose up` on a fresh clone gives a healthy server."""

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.support.configuration.templates import settings
from tests.support.harness.checkout import ROOT, copy_checkout, project_name
from tests.support.harness.subnets import free_networks
from tests.support.server.project import Project, clean_environment
from tests.support.world import SERVICES

PORTS = ("SMTP", "SUBMISSION", "SUBMISSIONS", "IMAP", "IMAPS", "HTTP")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory, server) -> Iterator[Project]:
    """
    Copy the project with no .env and nothing else that a clone doesn't have.

    Ports and subnet come from the environment, which Compose prefers to .env, and the
    names of the images from an override: this server runs beside others. On the PATH
    is docker and nothing else.
    """
    base = tmp_path_factory.mktemp("fresh")
    programs = base / "bin"
    programs.mkdir()
    (programs / "docker").symlink_to(str(shutil.which("docker")))
    folder = base / "clone"
    copy_checkout(folder)
    (folder / "compose.override.yaml").write_text(_images(server.project))
    environment = clean_environment() | {
        "PATH": str(programs),
        "PUBLISH_ADDRESS": "127.0.0.1",
        **free_networks(),
        **{f"{name}_PORT": "0" for name in PORTS},
    }
    name, image = f"{project_name()}-clone", server.project.image
    project = Project(name, folder, image=image, environment=environment)
    yield project
    project.compose("down", "--volumes", "--remove-orphans")
    project.remove()


@pytest.fixture(scope="module")
def started(clone: Project) -> Project:
    """Have it started, as a newcomer does."""
    clone.compose("up", "--detach", "--wait")
    return clone


@pytest.mark.core
def test_compose_up_alone_starts_a_healthy_server(started):
    """
    `docker compose up` starts a healthy server without .env, Python or an account.
    """
    services = started.containers()
    stack = services.pop("stack")
    assert stack.attrs["State"]["ExitCode"] == 0
    assert {container.health for container in services.values()} == {"healthy"}


@pytest.mark.core
def test_the_commands_of_the_readme_work(clone):
    """
    Each `docker compose` command of the README works, in that order.

    The one that asks an ACME authority has a test of its own.
    """
    commands = [
        shlex.split(line)
        for line in (ROOT / "README.md").read_text().splitlines()
        if line.startswith("    docker compose ")
    ]
    for command in commands:
        if "issue" not in command:
            clone.compose(*command[2:])

    assert commands[0][2:] == ["up", "--detach", "--wait"]
    shown = clone.stack("dns", "show", "--json").stdout
    assert [each["domain"] for each in json.loads(shown)] == ["example.com"]
    for service in ("postfix", "dovecot"):
        clone.wait_for("healthy", service)


def test_cert_issue_on_the_host_starts_the_service_certs(started):
    """
    `stack cert issue` on the host starts the service `certs` and runs there.

    Its output and exit code come through; no authority answers at this address.
    """
    command = (
        "stack",
        "--project",
        str(started.folder),
        "cert",
        "issue",
        "--agree-tos",
    )
    names = {"COMPOSE_PROJECT_NAME": started.name}

    with settings(started, ACME_DIRECTORY="https://127.0.0.1:1/dir"):
        done = subprocess.run(
            [sys.executable, "-m", *command],
            env={**started.environment, **names},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 1
    assert "https://127.0.0.1:1/dir can't be reached" in done.stderr
    assert started.health("certs") == "healthy"


def _images(built: Project) -> str:
    services = {
        service: {"image": container.image.tags[0]}
        for service, container in built.containers().items()
        if service not in SERVICES
    }
    return json.dumps({"services": services})
