"""When reports are sent: once a day, some minutes after it is over in UTC."""

import random
import subprocess
import sys
import time

from report_sender.counting.results import SECONDS_A_DAY
from report_sender.counting.store import Store
from report_sender.service.log import say

# Minutes after midnight, so that not all servers of the world send at the same time.
_SPREAD = 240

# Seconds between two looks, and while reports can't be sent.
_PAUSE = 30.0
_LONG_PAUSE = 300.0


def last_end(now: float, delay: int) -> int:
    """Return when the last day ended that is to be reported on, *delay* later."""
    return int(now - delay) // SECONDS_A_DAY * SECONDS_A_DAY


def run(store: Store) -> None:
    """
    Have what is due sent, day after day.

    A day that ended while nothing ran is made up for: its rows are there still.
    """
    delay = 60 * random.randrange(_SPREAD)  # noqa: S311 - no secret
    while True:
        now = time.time()
        until = last_end(now, delay)
        try:
            is_sent = not store.has_due(until, int(now)) or _send(until)
        except Exception as error:
            say(f"reports wait: {error!r}")
            is_sent = False
        time.sleep(_PAUSE if is_sent else _LONG_PAUSE)


def _send(until: int) -> bool:
    """
    Send the reports on all before *until*, seconds since 1970; tell whether all went.

    By another process: what it takes to make and send them is 10 MiB of libraries, for
    a minute a day.
    """
    command = [sys.executable, "-m", "report_sender", "--until", str(until)]
    return subprocess.run(command, check=False).returncode == 0  # noqa: S603 - ours
