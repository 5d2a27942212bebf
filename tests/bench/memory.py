"""What a container holds in memory."""

from docker.models.containers import Container

# The kernel's name for it, by version of the control groups: cgroup-v2.rst, memory.rst.
FILES = {
    "/sys/fs/cgroup/memory.stat": "anon",
    "/sys/fs/cgroup/memory/memory.stat": "total_rss",
}


def anonymous_mebibytes(container: Container) -> float:
    """Tell the anonymous pages of *container*, in MiB; shared ones count once."""
    for path, name in FILES.items():
        code, text = container.exec_run(["cat", path])
        if code == 0:
            statistics = dict(line.split() for line in text.decode().splitlines())
            return int(statistics[name]) / 2**20
    raise FileNotFoundError(f"{container.name} shows no memory.stat")
