"""
Runs the sender, or sends what there is.

`python3 -m report_sender [--check FOLDER | --until now|SECONDS]`

SECONDS are those since 1970.
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
from report_sender.service import schedule
from report_sender.service.collector import SOURCES, Collector, listening
from report_sender.service.log import say

DATA = Path("/var/lib/report-sender")
DATABASE = DATA / "results.db"


def main(arguments: list[str]) -> None:
    """Check a configuration, end the day, or run."""
    match arguments:
        case ["--check", folder]:
            check(Path(folder))
        case ["--until", "now"]:
            send(int(time.time()) + 1)
        case ["--until", seconds] if seconds.isdecimal():
            send(int(seconds))
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


def send(until: int) -> None:
    """Send the reports on all that was counted before *until*, seconds since 1970."""
    # Here, because the process that counts does without what sends.
    import traceback

    from report_sender.service import sending

    try:
        with sending.alone(DATA):
            ours, store = configuration.load(LIVE), Store(DATABASE)
            sending.close(store, ours, until)
            is_sent = sending.send(store, ours)
    except Exception:
        say(f"reports wait: {traceback.format_exc().strip()}")
        is_sent = False
    if not is_sent:
        sys.exit(1)


def run() -> None:
    """Count and send until the process ends."""
    # Who writes to whom is nobody else's business.
    os.umask(0o077)
    store = Store(DATABASE)
    collector = Collector(store, {listening(at): read for at, read in SOURCES.items()})
    # Python has no handler, and the first process of a container no default.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    threading.Thread(target=schedule.run, args=[store], daemon=True).start()
    collector.run()


if __name__ == "__main__":
    main(sys.argv[1:])
