"""Programs that run in a container, on a network or on the loopback of a service."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server.project import Project
from tests.support.wait import wait_until

# Mounted as a package of its own: other helpers need libraries that no image has.
CLIENTS = Path(__file__).parent
ENVIRONMENT = {"PYTHONPATH": "/harness"}
VOLUMES = {str(CLIENTS): {"bind": f"/harness/{CLIENTS.name}", "mode": "ro"}}


def run_in_container(
    project: Project, network: str, program: str, *arguments: str, address: str = ""
) -> str:
    """
    Run one of the `programs` in a container in *network*.

    Args:
        project: Whose image with Python is used; it has no library of the tests.
        network: As in `docker run --network`.
        program: The name of its file, without the suffix.
        arguments: What it finds in sys.argv.
        address: Of the container in *network*; any if not said.

    Returns:
        What it printed.
    """
    kind = "ipv6_address" if ":" in address else "ipv4_address"
    place = project.docker.api.create_endpoint_config(**{kind: address or None})
    printed = project.docker.containers.run(
        project.image,
        ["-m", f"{CLIENTS.name}.programs.{program}", *arguments],
        entrypoint="python3",
        remove=True,
        network=network,
        networking_config={network: place} if address else None,
        environment=ENVIRONMENT,
        volumes=VOLUMES,
    )
    return printed.decode().strip()


def rcpt_from_container(
    project: Project, network: str, host: str, recipient: str
) -> str:
    """Ask *host* on port 25, from a container in *network*; return RCPT's answer."""
    return run_in_container(project, network, "rcpt", host, recipient)


def run_on_loopback(
    project: Project, service: str, program: str, *arguments: str
) -> str:
    """Run one of the `programs` on the loopback of *service*; return its output."""
    container = str(project.container(service).id)
    return run_in_container(project, f"container:{container}", program, *arguments)


@contextmanager
def all_processes_busy(project: Project) -> Iterator[int]:
    """Keep all smtpd processes of port 25 busy; yield how many clients were greeted."""
    clients = project.docker.containers.run(
        project.image,
        ["-m", f"{CLIENTS.name}.programs.many_connections"],
        entrypoint="python3",
        detach=True,
        network_mode=f"container:{project.container('postfix').id}",
        environment=ENVIRONMENT,
        volumes=VOLUMES,
    )
    try:
        words = wait_until(lambda: clients.logs().decode().split(), "greetings", 60)
        yield int(words[-1])
    finally:
        clients.remove(force=True)
