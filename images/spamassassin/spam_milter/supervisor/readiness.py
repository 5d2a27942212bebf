"""Waits until messages are scanned with the configuration rendered last."""

import sys
import time

from spam_milter.supervisor import supervisor
from spam_milter.supervisor.health import fault
from spam_milter.supervisor.spamd import RULES
from spam_milter.supervisor.supervisor import LIVE

PAUSE = 0.2


def within(seconds: float) -> str | None:
    """Return why they are not scanned within *seconds*; None if they are."""
    deadline = time.monotonic() + seconds
    while found := fault(RULES, LIVE):
        if reason := supervisor.reason_against(LIVE.resolve()):
            return reason
        if time.monotonic() > deadline:
            return found
        time.sleep(PAUSE)
    return None


if __name__ == "__main__":
    sys.exit(within(float(sys.argv[1])))
