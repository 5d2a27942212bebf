"""Removes what a run has left behind, found by the name of its projects."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import docker
from docker.errors import APIError

from tests.support.server.containers import LABEL
from tests.support.wait import wait_until


def sweep(prefix: str) -> None:
    """
    Remove all containers, networks and volumes of projects named *prefix*….

    A command that still makes some, because nobody told it to end, is ended first.
    """
    _end_commands(prefix)
    engine = docker.from_env()
    label = {"label": f"{LABEL}.project"}
    # What is run from an image of the project has its label, too.
    for container in engine.containers.list(
        all=True, ignore_removed=True, filters=label
    ):
        if _is_of(container.labels, prefix):
            with suppress(APIError):
                container.remove(force=True, v=True)
    for kind in (engine.networks, engine.volumes):
        for each in kind.list(filters=label):
            if _is_of(each.attrs["Labels"], prefix):
                with suppress(APIError):
                    each.remove()


def _is_of(labels: dict[str, str], prefix: str) -> bool:
    return labels[f"{LABEL}.project"].startswith(prefix)


def _end_commands(prefix: str) -> None:
    for pid in _commands(prefix):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not any(_commands(prefix)), "the end of docker's commands")


def _commands(prefix: str) -> Iterator[int]:
    """Yield who runs `docker compose --project-name prefix…`: proc_pid_cmdline(5)."""
    for process in Path("/proc").iterdir():
        # A process may end while it is looked at.
        with suppress(OSError, ValueError):
            pid = int(process.name)
            words = (process / "cmdline").read_bytes().decode(errors="replace")
            program, *arguments = words.split("\0")
            named = any(each.startswith(prefix) for each in arguments)
            if named and Path(program).name.startswith("docker"):
                yield pid
