"""A container with a shell, in which the tests run `stack` as an operator does."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass

# The first process of a container gets no signal that it has not asked for.
STAY = "trap 'exit 0' TERM; sleep infinity & wait"
START = ("run", "--detach", "--no-deps", "--no-TTY", "--entrypoint=sh", "stack", "-c")

Done = subprocess.CompletedProcess[str]

# Seconds. `stack init` waits for each service to take its new configuration.
ENDED_WITHIN = 600


def execute(container: str, *command: str, stdin: str = "") -> Done:
    """Run *command* in the *container* of this id, as `docker compose exec` would."""
    return subprocess.run(
        ["docker", "exec", "--interactive", container, *command],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=ENDED_WITHIN,
        check=False,
    )


@dataclass
class Operator:
    """
    One container of the service `stack` that stays, for all that an operator types.

    It is what `docker compose run stack` makes, with the same mounts and rights, but
    made once: to start a container takes longer than most commands do.
    """

    compose: Callable[..., Done]
    """Runs `docker compose` with its arguments on the project."""
    container: str = ""

    def run(self, *command: str, stdin: str = "") -> Done:
        """Run *command* in the project's folder, as root."""
        if not self.container:
            self.container = self.compose(*START, STAY).stdout.strip()
        return execute(self.container, *command, stdin=stdin)
