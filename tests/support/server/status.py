"""What `stack status` says, by where it is run."""

import json
import subprocess
import sys

from tests.support.server.project import Project


def status_in_container(project: Project) -> list[dict[str, str]]:
    """What `docker compose run --rm stack status` says."""
    done = project.stack("status", "--json", check=False)
    return json.loads(done.stdout)


def status(project: Project) -> list[dict[str, str]]:
    """What `stack status` says on the machine itself."""
    command = ("stack", "--project", str(project.folder), "status", "--json")
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout)
