"""
Succeeds when results are counted: `python3 -m report_sender.health`.

It is run four times a minute. So it does without the libraries of the sender, which
take longer to load than all that is done here.
"""

import sys
from pathlib import Path

from report_sender import configuration
from report_sender.service import alive

LIVE = Path("/live/current")


def fault(live: Path) -> str:
    """Return what keeps results from being counted and sent, or nothing."""
    try:
        configuration.load(live)
    except (ValueError, OSError) as error:
        return str(error)
    return alive.fault()


if __name__ == "__main__":
    sys.exit(fault(LIVE) or None)
