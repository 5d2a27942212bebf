"""What a container holds in memory."""

from docker.models.containers import Container

# The kernel's name for it, by version of the control groups: cgroup-v2.rst, memory.rst.
FILES = {
    "/sys/fs/cgroup/memory.stat": "anon",
    "/sys/fs/cgroup/memory/memory.stat": "total_rss",
}

USED = {
    "/sys/fs/cgroup/memory.current": ("/sys/fs/cgroup/memory.stat", "inactive_file"),
    "/sys/fs/cgroup/memory/memory.usage_in_bytes": (
        "/sys/fs/cgroup/memory/memory.stat",
        "total_inactive_file",
    ),
}


def used_mebibytes(container: Container) -> float:
    """Tell what *container* uses in MiB, as `docker stats` does: without old files."""
    for path, (table, name) in USED.items():
        code, text = container.exec_run(["cat", path, table])
        if code == 0:
            total, *lines = text.decode().splitlines()
            statistics = dict(line.split() for line in lines)
            return (int(total) - int(statistics[name])) / 2**20
    raise FileNotFoundError(f"{container.name} doesn't show what it uses")


def anonymous_mebibytes(container: Container) -> float:
    """Tell the anonymous pages of *container*, in MiB; shared ones count once."""
    for path, name in FILES.items():
        code, text = container.exec_run(["cat", path])
        if code == 0:
            statistics = dict(line.split() for line in text.decode().splitlines())
            return int(statistics[name]) / 2**20
    raise FileNotFoundError(f"{container.name} shows no memory.stat")
