"""
Measures what the project holds itself to, and prints one line a figure.

Run by `make figures`, on a copy of the project that is removed afterwards.
"""

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from tests.bench.measures.latency import submission_to_idle
from tests.bench.measures.memory import anonymous_mebibytes
from tests.bench.measures.size import megabytes
from tests.support.configuration.templates import settings
from tests.support.harness.checkout import new_project
from tests.support.harness.subnets import free_subnet
from tests.support.server.accounts import open_account
from tests.support.server.project import Project
from tests.support.server.server import DOMAIN, Server
from tests.support.world import World
from tests.support.world.zones.blocklists import HONEST, MUTE

# Seconds for which names may be remembered, as on the internet.
NAMES_KEPT = 300

# Seconds in which memory is looked at, and between two looks: longer than Postfix keeps
# a process that has nothing to do (max_idle in postconf(5)).
SETTLING, PAUSE = 240, 5

# The world around the server is part of the test, not of the product.
WORLD = ("dns", "outside")


def show(what: str, value: float, unit: str) -> None:
    """Print one figure."""
    print(f"{what:<58} {value:>8.1f} {unit}", flush=True)


def seconds(work: Callable[[], object]) -> float:
    """Tell how long *work* takes."""
    began = monotonic()
    work()
    return monotonic() - began


@contextmanager
def bench_project(world: World | None = None) -> Iterator[Project]:
    """Lend a copy of the project under a name of its own, in *world* or in any."""
    world = world or World(free_subnet(), NAMES_KEPT)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        project = new_project(Path(folder, "clone"), world)
        project.name = project.name.replace("e2e", "bench")
        try:
            yield project
        finally:
            project.down("--volumes", "--remove-orphans")
            project.remove()


def show_start(project: Project) -> None:
    """From `up` to healthy, with images built: a first start and one after `down`."""
    up = ("up", "--detach", "--wait")
    project.compose("build")
    show(
        "docker compose up --wait, first start",
        seconds(lambda: project.compose(*up)),
        "s",
    )
    project.compose("down")
    show("docker compose up --wait, again", seconds(lambda: project.compose(*up)), "s")


def show_memory(project: Project) -> None:
    """
    Anonymous pages of each container, before anybody has used it.

    The median of some looks: health checks come and go, and Postfix's processes.
    """
    used: dict[str, list[float]] = {}
    end = monotonic() + SETTLING
    while monotonic() < end:
        for service, container in project.containers().items():
            if container.status == "running" and service not in WORLD:
                used.setdefault(service, []).append(anonymous_mebibytes(container))
        sleep(PAUSE)
    usual = {service: statistics.median(looks) for service, looks in used.items()}
    for service, mebibytes in sorted(usual.items()):
        show(f"idle memory, {service}", mebibytes, "MiB")
    show("idle memory, all containers", sum(usual.values()), "MiB")


def show_sizes(project: Project) -> None:
    """Each image, and all of them with shared layers counted once."""
    images = {
        container.image.tags[0]
        for service, container in project.containers().items()
        if service not in WORLD
    }
    for image in sorted(images):
        show(f"image {image.partition(':')[0]}", megabytes(image), "MB")
    show("all images, shared layers once", megabytes(*images), "MB")


def show_latency(project: Project) -> None:
    """From the end of DATA on 587 to EXISTS in IDLE."""
    server = Server(project)
    alice, bob = (open_account(server, f"{name}@{DOMAIN}") for name in ("alice", "bob"))
    took = [1000 * each for each in submission_to_idle(alice, bob, messages=200)]
    show("end of DATA on 587 to EXISTS in IDLE, median", statistics.median(took), "ms")
    show("… 95th percentile", statistics.quantiles(took, n=20)[-1], "ms")


def show_help() -> None:
    """How long an operator waits for `stack --help`: the median of 21 runs."""
    command = [sys.executable, "-m", "stack", "--help"]
    runs = [
        seconds(lambda: subprocess.run(command, check=True, capture_output=True))
        for _ in range(21)
    ]
    show("stack --help, median", 1000 * statistics.median(runs), "ms")


def show_status(project: Project) -> None:
    """How long `stack status` takes on the machine: well, and with a silent list."""
    command = [sys.executable, "-m", "stack", "--project", str(project.folder)]

    def ask() -> None:
        subprocess.run([*command, "status"], check=False, capture_output=True)

    ask()
    for what, lists in (("", HONEST), (", eight lists silent", _silent(8))):
        with settings(project, DNSBL=lists):
            took = statistics.median(seconds(ask) for _ in range(5))
        show(f"stack status{what}, median", took, "s")


def _silent(number: int) -> str:
    return ",".join(f"{each}.{MUTE}" for each in range(number))


def main() -> None:
    """Measure everything."""
    show_help()
    with bench_project() as project:
        show_start(project)
        show_memory(project)
        show_sizes(project)
        show_status(project)
        show_latency(project)


if __name__ == "__main__":
    main()
