"""Checks that the updater is running, and reports its last update."""

import sys
import time
from pathlib import Path

from spam_rules.schedule import State, load
from spam_rules.sets import Sets, versions

STATE = Path("/rules/state.json")
HEARTBEAT = Path("/run/beat")
"""The updater touches it each time that it looks at the clock."""
TIMEOUT = 7200
"""Seconds: several programs in a row may take twenty minutes each."""


def report(sets: Sets, state: State) -> str:
    """Say which rules are in use, and why they aren't newer."""
    folder = sets.chosen()
    which = "those of the image" if folder == sets.packaged else folder.name
    parts = versions(sets.rules(folder), state.channels)
    asked = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(state.succeeded))
    since = f"up to date on {asked}" if state.succeeded else "not yet asked for newer"
    trouble = f"; not updated: {state.reason}" if state.reason else ""
    return f"rules: {which}; {parts}; {since}{trouble}"


def main() -> int:
    """Print the report; return 1 if the updater hangs."""
    print(report(Sets(), load(STATE)))
    try:
        return int(time.time() - HEARTBEAT.stat().st_mtime > TIMEOUT)
    except FileNotFoundError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
