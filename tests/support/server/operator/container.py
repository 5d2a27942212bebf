"""A container in which the tests run `stack` as an operator does."""

import json
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from tests.support.wait import wait_until

# In the project's folder, which the container has as /project.
PROGRAM = "tests/support/server/operator/command_server.py"
SOCKET = ".operator"

START = ("run", "--detach", "--no-deps", "--no-TTY", "--entrypoint=python3", "stack")

# The exit code of a command that a signal has ended without a word: SIGKILL.
KILLED = 137

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
    made once: to start a container takes longer than most commands do. In it
    command_server.py runs the commands.
    """

    folder: Path
    """Of the project."""
    compose: Callable[..., Done]
    """Runs `docker compose` with its arguments on the project."""
    container: str = ""

    def run(self, *command: str, stdin: str = "") -> Done:
        """Run *command* in the project's folder, as root."""
        if not self.container:
            # That of a container before this one may be left.
            (self.folder / SOCKET).unlink(missing_ok=True)
            server = (f"/project/{each}" for each in (PROGRAM, SOCKET))
            self.container = self.compose(*START, *server).stdout.strip()
        with (
            wait_until(self._connection, "the operator's container") as server,
            TemporaryFile("w+") as given,
            TemporaryFile("w+") as printed,
            TemporaryFile("w+") as complained,
        ):
            given.write(stdin)
            files = [given, printed, complained]
            for file in files:
                file.seek(0)
            words = json.dumps(command).encode()
            socket.send_fds(server, [words], [file.fileno() for file in files])
            code = int(server.recv(16) or KILLED)
            printed.seek(0)
            complained.seek(0)
            return Done(command, code, printed.read(), complained.read())

    def _connection(self) -> socket.socket | None:
        """Connect to the server of commands, if it has begun to listen."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.settimeout(ENDED_WITHIN)
        with suppress(OSError):
            connection.connect(str(self.folder / SOCKET))
            return connection
        connection.close()
        return None
