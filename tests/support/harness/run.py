"""How a run begins and ends: workers, order of files, lock and cleanup."""

import fcntl
import os
import signal
import tempfile
from pathlib import Path

import docker
import pytest
from docker.errors import DockerException

from tests.support.harness.checkout import run_name
from tests.support.harness.cleanup import sweep

# Leaves the containers running after the tests, for a look at them.
KEEP = bool(os.environ.get("E2E_KEEP"))

# What a machine needs for two servers side by side. One with 8 GiB shows a bit less.
CORES, MEMORY = 2, 7_500_000_000

# Files that take a minute or more come first, the longest before the others: no server
# is left with one of them when the other has nothing to do any more.
LONG = (
    "test_spam_rules.py",
    "test_antivirus_outage.py",
    "test_antivirus.py",
    "test_accounts_unreadable.py",
    "test_cert_renewal.py",
    "test_spam_faults.py",
    "test_cert_issue.py",
    "test_cert_deploy.py",
    "test_spam_bayes.py",
    "test_spam_training.py",
    "test_postscreen.py",
    "test_ipv6_clients.py",
    "test_cert_order_fails.py",
    "test_second_clone.py",
    "test_up.py",
    "test_fresh_clone.py",
)

LOCK = pytest.StashKey[int]()
"""The file that is locked while the run lasts."""

NO_ENGINE = (
    "no Docker engine answers: `make engine` installs one on Debian; elsewhere install"
    " Docker Engine with Compose 2.26 or newer (https://docs.docker.com/engine/install/)"
)


def pytest_xdist_auto_num_workers() -> int:
    """Run as many servers as this machine has room for."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return workers(len(os.sched_getaffinity(0)), memory)


def workers(cores: int, memory: int) -> int:
    """
    Tell how many workers a machine is for: two, or none beside the process that leads.

    Args:
        cores: How many this process may use.
        memory: Bytes.
    """
    return 2 if cores >= CORES and memory >= MEMORY else 0


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse to run without an engine or beside a run of the same copy; sweep up."""
    if is_led(session.config) or session.config.option.collectonly:
        return
    # A signal that ends the run must remove its containers, too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        # A signal that nohup(1) ignores stays ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler)
    try:
        docker.from_env().ping()
    except DockerException:
        pytest.exit(NO_ENGINE, returncode=3)
    session.config.stash[LOCK] = _locked()
    sweep(run_name())


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have the tests of files that take long come first."""
    place = {name: number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: place.get(item.path.name, len(LONG)))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Sweep up after a run that was interrupted, or whose worker died."""
    if LOCK in config.stash and not KEEP:
        sweep(run_name())


def is_led(config: pytest.Config) -> bool:
    """Tell whether this is a worker of pytest-xdist, and another process leads."""
    return hasattr(config, "workerinput")


def _locked() -> int:
    """Keep a second run of the same copy away: it would sweep up the first one's."""
    name = f"{run_name()}-{os.getuid()}.lock"
    lock = os.open(Path(tempfile.gettempdir(), name), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        pytest.exit("these tests are running already: let them end", returncode=3)
    return lock
