"""The rule updater: looks for new rules once a day."""

import contextlib
import fcntl
import os
import resource
import signal
import sys
import time

from spam_rules import config
from spam_rules.health import HEARTBEAT, STATE
from spam_rules.sets import Sets
from spam_rules.update.job import Job
from spam_rules.update.updater import LIVE

PAUSE = 5
"""Seconds between two looks at the clock and at the configuration."""
MAX_FILE_BYTES = 64 * 1024 * 1024
"""Largest file in bytes: what a mirror sends is checked only when it is complete."""


def work(job: Job) -> None:
    """Do what is due, and wait for the next time, until told to stop."""
    asked = False
    while True:
        HEARTBEAT.touch()
        # Before the first start, spamd has no configuration yet.
        with contextlib.suppress(FileNotFoundError):
            job.step(config.load(LIVE), asked, time.time())
        asked = bool(signal.sigtimedwait({signal.SIGUSR1}, PAUSE))


def main() -> None:
    """Lock the volume, and work."""
    # The first process of a container is not ended by a signal that it doesn't handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))
    os.umask(0o022)
    sets = Sets()
    with (sets.root / "lock").open("w") as lock:
        # A second updater would remove the set that this one is making.
        fcntl.flock(lock, fcntl.LOCK_EX)
        work(Job(sets, STATE))


if __name__ == "__main__":
    main()
