"""How many messages are scanned at a time, from what the container may use."""

import os
from pathlib import Path

import pytest
from spam_milter.supervisor.cgroup_limits import children

CORES = 8
PLENTY = str(1 << 50)


def group(root: Path, **files: str) -> Path:
    """Write what the kernel would say."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{text}\n")
    return root


@pytest.mark.parametrize(
    ("files", "number"),
    [
        ({}, CORES),
        ({"cpu.max": "max 100000", "memory.max": "max"}, CORES),
        ({"cpu.max": "50000 100000", "memory.max": PLENTY}, 1),
        ({"cpu.max": "150000 100000"}, 2),
        ({"cpu.max": "99900000 100000"}, CORES),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, CORES),
        ({"cpu/cpu.cfs_quota_us": "100000", "cpu/cpu.cfs_period_us": "100000"}, 1),
        ({"memory.max": str(300 << 20)}, 1),
        ({"memory.max": str(400 << 20)}, 2),
        ({"memory.max": str(10 << 20)}, 1),
        ({"memory/memory.limit_in_bytes": str(300 << 20)}, 1),
    ],
)
def test_children_are_limited_by_cores_and_memory(
    monkeypatch, tmp_path: Path, files: dict[str, str], number: int
):
    """Limits by control groups of both versions count, and there always is one."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(CORES)))

    assert children(group(tmp_path, **files)) == number
