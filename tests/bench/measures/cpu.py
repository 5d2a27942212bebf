"""What processes use of the machine's cores, and what the machine has of them."""

import os
from pathlib import Path

from docker.models.containers import Container

TICK = os.sysconf("SC_CLK_TCK")

# Where the kernel counts for a container, by version of the control groups, and in
# which part of a second.
USAGE = {
    "/sys/fs/cgroup/cpu.stat": 1e-6,
    "/sys/fs/cgroup/cpuacct/cpuacct.usage": 1e-9,
}


def cpu_seconds(container: Container) -> float:
    """Tell the CPU time of the daemon that is *container*'s first process."""
    code, text = container.exec_run(["cat", "/proc/1/stat"])
    if code:
        raise FileNotFoundError(f"{container.name} doesn't show what it uses")
    # proc_pid_stat(5): the name, which may hold blanks, ends with the last bracket.
    fields = text.decode().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def stolen_seconds() -> float:
    """
    Tell how long cores of this machine had work, and were not there.

    A virtual machine's host gives them to others meanwhile (proc_stat(5), steal).
    """
    return int(Path("/proc/stat").read_text().split()[8]) / TICK


def container_cpu_seconds(container: Container) -> float:
    """Tell the CPU time of all processes that *container* has had."""
    for path, unit in USAGE.items():
        code, text = container.exec_run(["cat", path])
        if code == 0:
            # Alone in its file, or the first of several: cgroup-v2.rst, cpu.stat.
            return int(text.split(b"\n")[0].split()[-1]) * unit
    raise FileNotFoundError(f"{container.name} doesn't show what it uses")
