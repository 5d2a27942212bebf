"""The container's limits on cores and memory, read from its control group."""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup")
BASE = 200 << 20
"""Bytes for the milter, for spamd itself and for the next spamd, while it starts."""
CHILD = 80 << 20
"""Bytes that a child of spamd may need for itself."""


def children(root: Path = CGROUP) -> int:
    """
    Return how many messages to scan at a time: one for each core we may use.

    A scan is bound by the CPU: more at a time would take memory and gain nothing. With
    a limit on memory, no more than fit into it.
    """
    fitting = (memory(root) - BASE) // CHILD
    return int(max(1, min(cores(root), fitting)))


def cores(root: Path) -> int:
    """Return how many cores the container may use, rounded up."""
    present = len(os.sched_getaffinity(0))
    # Version 2 of control groups, else version 1: cgroup-v2.rst, sched-bwc.rst.
    quota, period = [
        *text(root / "cpu.max").split(),
        text(root / "cpu/cpu.cfs_quota_us"),
        text(root / "cpu/cpu.cfs_period_us"),
    ][:2]
    if not quota.isdigit() or not period.isdigit():
        return present
    return max(1, min(present, -(-int(quota) // int(period))))


def memory(root: Path) -> float:
    """Return the limit on our memory in bytes, infinite if there is none."""
    limit = text(root / "memory.max") or text(root / "memory/memory.limit_in_bytes")
    return int(limit) if limit.isdigit() else float("inf")


def text(path: Path) -> str:
    """Return what *path* says, or nothing where there is no such file."""
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        return ""
