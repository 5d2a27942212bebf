"""A container beside ours, which knocks on our ports."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.server.project import Project
from tests.support.wait import wait_until

# Mounted as a package of its own: other helpers need libraries that no image has.
CLIENTS = Path(__file__).parent
SEEN = {"PYTHONPATH": "/harness"}
MOUNTED = {str(CLIENTS): {"bind": f"/harness/{CLIENTS.name}", "mode": "ro"}}


def run_beside(
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
    place = project.docker.api.create_endpoint_config(ipv4_address=address or None)
    printed = project.docker.containers.run(
        project.image,
        ["-m", f"{CLIENTS.name}.programs.{program}", *arguments],
        entrypoint="python3",
        remove=True,
        network=network,
        networking_config={network: place} if address else None,
        environment=SEEN,
        volumes=MOUNTED,
    )
    return printed.decode().strip()


def ask_as_neighbour(project: Project, network: str, host: str, recipient: str) -> str:
    """Ask *host* on port 25, from a container in *network*; return RCPT's answer."""
    return run_beside(project, network, "rcpt", host, recipient)


def run_inside(project: Project, service: str, program: str, *arguments: str) -> str:
    """Run one of the `programs` on the loopback of *service*; return its print."""
    container = str(project.container(service).id)
    return run_beside(project, f"container:{container}", program, *arguments)


@contextmanager
def crowded(project: Project) -> Iterator[int]:
    """Have more clients on port 25 than can be served, for a while; how many are."""
    crowd = project.docker.containers.run(
        project.image,
        ["-m", f"{CLIENTS.name}.programs.many_connections"],
        entrypoint="python3",
        detach=True,
        network_mode=f"container:{project.container('postfix').id}",
        environment=SEEN,
        volumes=MOUNTED,
    )
    try:
        words = wait_until(lambda: crowd.logs().decode().split(), "a crowd", 60)
        yield int(words[-1])
    finally:
        crowd.remove(force=True)
