"""When reports are sent: once a day, some minutes after it is over in UTC."""

import random
import time
import traceback
from pathlib import Path

from report_sender.configuration import load
from report_sender.counting.results import SECONDS_A_DAY
from report_sender.counting.store import Store
from report_sender.service import sending
from report_sender.service.log import say

# Minutes after midnight, so that not all servers of the world send at the same time.
_SPREAD = 240

# Seconds between two looks, and while reports can't be sent.
_PAUSE = 30.0
_LONG_PAUSE = 300.0


def last_end(now: float, delay: int) -> int:
    """Return when the last day ended that is to be reported on, *delay* later."""
    return int(now - delay) // SECONDS_A_DAY * SECONDS_A_DAY


def run(store: Store, live: Path, data: Path) -> None:
    """
    Send what is due, day after day, by the configuration in *live*.

    A day that ended while nothing ran is made up for: its rows are there still.
    """
    delay = 60 * random.randrange(_SPREAD)  # noqa: S311 - no secret
    while True:
        is_sent = False
        try:
            with sending.alone(data):
                ours = load(live)
                sending.close(store, ours, last_end(time.time(), delay))
                is_sent = sending.send(store, ours)
        except Exception:
            say(f"reports wait: {traceback.format_exc().strip()}")
        time.sleep(_PAUSE if is_sent else _LONG_PAUSE)
