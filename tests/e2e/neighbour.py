"""A container beside ours, which asks our port 25 for something."""

from pathlib import Path

from .project import Project

SCRIPT = """
import sys
from dialogue import Smtp

session = Smtp(sys.argv[1], 25)
session.ehlo()
session.say("MAIL FROM:<neighbour@outside.test>")
print(session.say(f"RCPT TO:<{sys.argv[2]}>"))
"""


def ask_as_neighbour(project: Project, network: str, host: str, recipient: str) -> str:
    """
    Ask *host* to take mail for *recipient*, from a container in *network*.

    Args:
        project: Whose image with Python is used.
        network: As in `docker run --network`.
        host: A name or an address that means something there.
        recipient: An address.

    Returns:
        The answer to RCPT.
    """
    return run_as_neighbour(project, network, SCRIPT, host, recipient)


def run_as_neighbour(
    project: Project, network: str, script: str, *arguments: str
) -> str:
    """
    Run a Python *script*, which may import `dialogue`, in a container in *network*.

    Returns:
        What it printed.
    """
    answer = project.docker.containers.run(
        project.image,
        ["-c", script, *arguments],
        entrypoint="python3",
        remove=True,
        network=network,
        environment={"PYTHONPATH": "/harness"},
        volumes={str(Path(__file__).parent): {"bind": "/harness", "mode": "ro"}},
    )
    return answer.decode().strip()
