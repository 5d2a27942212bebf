"""A run of these tests that is interrupted leaves nothing behind"""

import signal
import subprocess
import sys

import docker
import pytest

from .checkout import copy_checkout, run_name
from .containers import LABEL
from .project import clean_environment
from .tiers import core_rows
from .wait import wait_until

# How a person ends it, and how a machine does.
ENDINGS = {
    "Ctrl-C, one server": (signal.SIGINT, "0"),
    "SIGTERM, two servers": (signal.SIGTERM, "2"),
}


@pytest.mark.parametrize("ending", core_rows(ENDINGS, "Ctrl-C, one server"))
def test_an_interrupted_run_leaves_nothing_behind(server, tmp_path, ending):
    """No container, network or volume of it is left, whatever it was about to start."""
    number, servers = ENDINGS[ending]
    copy_checkout(tmp_path / "copy")
    name = run_name(tmp_path / "copy")
    tests = ("tests/e2e/test_commands.py", "tests/e2e/test_delivery.py")

    with subprocess.Popen(
        [sys.executable, "-m", "pytest", f"--numprocesses={servers}", *tests],
        cwd=tmp_path / "copy",
        env=clean_environment(),
        stdout=subprocess.PIPE,
        text=True,
    ) as run:
        wait_until(lambda: len(left(name)) > 2, "containers of it", 120)
        run.send_signal(number)
        said, _ = run.communicate(timeout=120)

    assert run.returncode == pytest.ExitCode.INTERRUPTED, said
    assert left(name) == []


def left(name: str) -> list[str]:
    """Return the containers, networks and volumes of the projects named *name*…."""
    engine, label = docker.from_env(), f"{LABEL}.project"
    found = [
        *engine.containers.list(all=True, filters={"label": label}),
        *engine.networks.list(filters={"label": label}),
        *engine.volumes.list(filters={"label": label}),
    ]
    return [
        str(each.id)
        for each in found
        if (each.attrs.get("Labels") or each.labels)[label].startswith(name)
    ]
