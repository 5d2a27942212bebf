"""A test run that is interrupted leaves no container, network or volume behind."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import docker
import pytest

from tests.support.harness.checkout import copy_checkout, run_name
from tests.support.harness.cleanup import sweep
from tests.support.harness.tiers import core_rows
from tests.support.server.containers import LABEL
from tests.support.server.project import clean_environment
from tests.support.wait import wait_until

# How a person ends it, and how a machine does.
ENDINGS = {
    "Ctrl-C, one server": (signal.SIGINT, "0"),
    "SIGTERM, two servers, of workers that hang": (signal.SIGTERM, "2"),
}


@pytest.fixture
def copy(server, tmp_path) -> Iterator[Path]:
    """Have another copy of the project; afterwards its images are removed, too."""
    copy_checkout(tmp_path / "copy")
    name = run_name(tmp_path / "copy")
    yield tmp_path / "copy"
    sweep(name)
    images = docker.from_env().images
    for tag in [tag for image in images.list() for tag in image.tags]:
        if tag.partition(":")[2].startswith(name):
            images.remove(tag)


@pytest.mark.parametrize("ending", core_rows(ENDINGS, "Ctrl-C, one server"))
def test_an_interrupted_run_leaves_nothing_behind(copy, ending):
    """A test run that is interrupted leaves no container, network or volume behind."""
    number, servers = ENDINGS[ending]
    name = run_name(copy)
    folder = "tests/e2e/receiving"
    tests = (f"{folder}/test_smtp_commands.py", f"{folder}/test_delivery.py")

    with subprocess.Popen(
        [sys.executable, "-m", "pytest", f"--numprocesses={servers}", *tests],
        cwd=copy,
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
        # A shell has what it runs in the background ignore Ctrl-C.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as run:
        wait_until(lambda: len(left(name)) > 2, "containers of it", 120)
        for worker in children(run.pid):
            os.kill(worker, signal.SIGSTOP)
        run.send_signal(number)
        said, _ = run.communicate(timeout=120)

    assert run.returncode == pytest.ExitCode.INTERRUPTED, said
    assert left(name) == []


def children(pid: int) -> list[int]:
    """Return the workers of a run: proc_pid_task_children(5). One server has none."""
    ids = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    programs = {int(each): Path(f"/proc/{each}/comm").read_text() for each in ids}
    return [each for each, program in programs.items() if "python" in program]


def left(name: str) -> list[str]:
    """Return the containers, networks and volumes of the projects named *name*…."""
    engine, label = docker.from_env(), f"{LABEL}.project"
    found = [
        *engine.containers.list(
            all=True, ignore_removed=True, filters={"label": label}
        ),
        *engine.networks.list(filters={"label": label}),
        *engine.volumes.list(filters={"label": label}),
    ]
    return [
        str(each.id)
        for each in found
        if (each.attrs.get("Labels") or each.labels)[label].startswith(name)
    ]
