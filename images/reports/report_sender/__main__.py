"""
Runs the sender, or sends all that there is.

`python3 -m report_sender [--check FOLDER | --until now]`
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

from report_sender import configuration
from report_sender.counting.store import Store
from report_sender.health import LIVE
from report_sender.service import schedule, sending
from report_sender.service.collector import SOURCES, Collector, listening

DATA = Path("/var/lib/report-sender")
DATABASE = DATA / "results.db"


def main(arguments: list[str]) -> None:
    """Check a configuration, end the day, or run."""
    match arguments:
        case ["--check", folder]:
            check(Path(folder))
        case ["--until", "now"]:
            end_day()
        case []:
            run()
        case _:
            sys.exit(__doc__)


def check(folder: Path) -> None:
    """Exit with what is wrong with the configuration in *folder*."""
    try:
        configuration.load(folder)
    except (ValueError, OSError) as error:
        sys.exit(str(error))


def end_day() -> None:
    """Send reports on all that has been counted, as if the day were over."""
    with sending.alone(DATA):
        ours, store = configuration.load(LIVE), Store(DATABASE)
        sending.close(store, ours, int(time.time()) + 1)
        if not sending.send(store, ours):
            sys.exit(1)


def run() -> None:
    """Count and send until the process ends."""
    # Who writes to whom is nobody else's business.
    os.umask(0o077)
    store = Store(DATABASE)
    collector = Collector(store, {listening(at): read for at, read in SOURCES.items()})
    # Python has no handler, and the first process of a container no default.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    threading.Thread(target=schedule.run, args=[store, LIVE, DATA], daemon=True).start()
    collector.run()


if __name__ == "__main__":
    main(sys.argv[1:])
