"""
Measures what a scan costs, and how much of the machine scans make use of.

Run by `make bench`, on a copy of the project that is removed afterwards. Both sides of
each ratio are measured in the same run, in turns, on the same messages.
"""

import statistics
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from docker.models.containers import Container

from tests.bench.figures import bench_project, show
from tests.bench.letters import LETTERS
from tests.bench.measures.cpu import stolen_seconds
from tests.bench.measures.memory import used_mebibytes
from tests.bench.measures.milter_client import MilterClient
from tests.support.server.project import Project

PORT = 8893
RULES = "mkdir -p /run/spamd && ln -sfn /usr/local/share/spamassassin /run/spamd/set"
ROUNDS = 3
SECONDS = 6.0
"""How long each half of a round lasts."""
TARGET = 0.9


@dataclass
class Figures:
    """What was measured for one message, a value for each round."""

    alone: list[float] = field(default_factory=list)
    """CPU seconds of a scan in a process of its own, nothing else running."""
    together: list[float] = field(default_factory=list)
    """The same, one process for each core at the same time."""
    rate: list[float] = field(default_factory=list)
    """Messages a second through the milter."""
    cores: list[float] = field(default_factory=list)
    """How many cores there were for them, without what the host gave to others."""

    def row(self) -> str:
        """Return the medians, and the rate as a part of what the cores could do."""
        alone, together, rate, cores = map(
            statistics.median, (self.alone, self.together, self.rate, self.cores)
        )
        return (
            f"{1000 * alone:>8.1f} {1000 * together:>8.1f} {rate:>8.2f} {cores:>6.2f}"
            f" {rate * together / cores:>8.2f} {rate * alone / cores:>8.2f}"
        )


def children(container: Container) -> int:
    """Tell how many messages are scanned at a time."""
    script = (
        "from spam_milter.supervisor.cgroup_limits import children; print(children())"
    )
    return int(container.exec_run(["python3", "-c", script]).output)


def in_process(project: Project, file: str, processes: int) -> float:
    """Return the CPU seconds of a scan, the mean of *processes* at a time."""
    spamassassin = project.container("spamassassin")
    folder = Path(project.folder)
    # In the container's network, so that names are looked up in the same way; and with
    # the rules, compiled as they are, and the configuration that spamd uses there.
    script = (
        f"{RULES}; for each in $(seq {processes}); do"
        f" perl -T /bench/in_process.pl {file} 1000 {SECONDS} & done; wait"
    )
    said = project.docker.containers.run(
        spamassassin.image.id,
        ["-c", script],
        entrypoint="sh",
        network_mode=f"container:{spamassassin.id}",
        volumes_from=[spamassassin.id],
        volumes={
            str(folder / "tests/bench/measures"): {"bind": "/bench", "mode": "ro"},
            str(folder / "letters"): {"bind": "/letters", "mode": "ro"},
        },
        remove=True,
    )
    return statistics.mean(map(float, said.split()))


def through_the_milter(
    project: Project, message: bytes, cores: int
) -> tuple[float, float]:
    """
    Have two senders for each core send *message*.

    Returns:
        How many are judged in a second, and how many cores there were for that.
    """
    senders = 2 * cores
    [network] = [
        each
        for name, each in project.networks("spamassassin").items()
        if name.endswith("_filter")
    ]
    counts, begin, end = [0] * senders, threading.Barrier(senders + 1), monotonic()

    def send(number: int) -> None:
        client = MilterClient(network["IPAddress"], PORT)
        client.deliver(message)
        begin.wait()
        while monotonic() < end:
            client.deliver(message)
            counts[number] += 1
        client.close()

    threads = [threading.Thread(target=send, args=[each]) for each in range(senders)]
    end = monotonic() + 3600
    for thread in threads:
        thread.start()
    begin.wait()
    began, stolen = monotonic(), stolen_seconds()
    end = began + SECONDS
    for thread in threads:
        thread.join()
    took, stolen = monotonic() - began, stolen_seconds() - stolen
    return sum(counts) / took, cores - stolen / took


def measure(project: Project, cores: int, progress: Callable[[str], object]) -> None:
    """Print a row for each kind of message."""
    folder = Path(project.folder, "letters")
    folder.mkdir()
    for number, message in enumerate(LETTERS.values()):
        (folder / str(number)).write_bytes(message)
    figures = {name: Figures() for name in LETTERS}
    for turn in range(ROUNDS):
        for number, (name, message) in enumerate(LETTERS.items()):
            progress(f"round {turn + 1} of {ROUNDS}: {name}")
            found, file = figures[name], f"/letters/{number}"
            found.alone.append(in_process(project, file, 1))
            found.together.append(in_process(project, file, cores))
            rate, there = through_the_milter(project, message, cores)
            found.rate.append(rate)
            found.cores.append(there)
    print("\n         in-process, ms    through the milter part of cores/CPU time")
    print("            alone together    msg/s  cores together    alone")
    for name, found in figures.items():
        print(f"{name:<8} {found.row()}")


def main() -> None:
    """Measure everything."""
    with bench_project() as project:
        up = ("up", "--build", "--detach", "--wait", "dns", "resolver", "spamassassin")
        project.compose(*up)
        container = project.container("spamassassin")
        cores = children(container)
        show(f"idle memory with {cores} children", used_mebibytes(container), "MiB")
        measure(project, cores, lambda what: print(what, file=sys.stderr))


if __name__ == "__main__":
    main()
