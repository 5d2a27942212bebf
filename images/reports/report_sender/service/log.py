"""The container's log: one line for each event."""

import re


def say(text: str) -> None:
    """Write *text* as one line of printable ASCII: strangers choose parts of it."""
    escaped = re.sub(r"[^ -~]", lambda found: ascii(found[0])[1:-1], text)
    print(f"report-sender: {escaped[:2000]}", flush=True)
