"""A Docker engine of its own, in a network of its own, with other settings."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.server.project import clean_environment
from tests.support.wait import wait_until

# The new network has nothing but a loopback, where an address of the world may lie. An
# engine that finds the machine's containerd would use that, and start none of its own.
START = """
[ ! -d /run/containerd ] || mount -t tmpfs none /run/containerd
ip link set lo up
exec dockerd --config-file "$0/daemon.json" --data-root "$0/data" \
    --exec-root "$0/exec" --pidfile "$0/pid" --host "unix://$0/socket" \
    >> "$0/log" 2>&1
"""

AS_ROOT = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]


@dataclass(frozen=True)
class Engine:
    """The engine that keeps its state in *folder*."""

    folder: Path
    process: "subprocess.Popen[bytes]"

    @property
    def environment(self) -> Mapping[str, str]:
        """What has `docker` talk to it."""
        return clean_environment() | {"DOCKER_HOST": f"unix://{self.folder}/socket"}

    def run(self, *command: str, stdin: bytes | None = None) -> str:
        """
        Run a *command* that asks this engine, and return what it printed.

        Raises:
            subprocess.CalledProcessError: When it fails.
        """
        values = [f"{key}={value}" for key, value in self.environment.items()]
        done = subprocess.run(
            [*AS_ROOT, "env", *values, *command],
            input=stdin,
            check=True,
            stdout=subprocess.PIPE,
        )
        return done.stdout.decode().strip()

    def within(self, *command: str) -> None:
        """Run a *command* in its network."""
        pid = self.run("cat", f"{self.folder}/pid")
        enter = [*AS_ROOT, "nsenter", f"--target={pid}", "--net", *command]
        subprocess.run(enter, check=True)

    def answers(self) -> bool:
        """Say whether it is up."""
        with suppress(subprocess.CalledProcessError):
            return bool(self.run("docker", "version", "--format={{.Server.Version}}"))
        if self.process.poll() is not None:
            raise AssertionError(self.run("tail", f"{self.folder}/log"))
        return False


@contextmanager
def other_engine(
    folder: Path, settings: Mapping[str, object], image: str
) -> Iterator[Engine]:
    """
    Run an engine with *settings* of daemon.json, and an *image* of the usual one.

    Args:
        folder: Made here; it is root's, and gone afterwards.
        settings: As in /etc/docker/daemon.json.
        image: The name of what it is to have.
    """
    folder.mkdir()
    (folder / "daemon.json").write_text(json.dumps(settings))
    start = [*AS_ROOT, "unshare", "--net", "--mount", "sh", "-euc", START, str(folder)]
    engine = Engine(folder, subprocess.Popen(start))
    try:
        wait_until(engine.answers, "an answer of the other engine", 60)
        saved = subprocess.run(
            ["docker", "save", image], check=True, capture_output=True
        ).stdout
        engine.run("docker", "load", "--quiet", stdin=saved)
        yield engine
    finally:
        with suppress(subprocess.CalledProcessError):
            engine.run("sh", "-euc", 'kill "$(cat "$0/pid")"', str(folder))
        engine.process.wait(60)
        subprocess.run([*AS_ROOT, "rm", "-rf", str(folder)], check=True)
