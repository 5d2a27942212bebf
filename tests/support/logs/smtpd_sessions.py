"""The lines of Postfix's log, sorted by SMTP session."""

import re
from collections.abc import Iterable

from tests.support.logs.lines import Line

SMTPD = re.compile(r"postfix/smtpd\[(\d+)\]: (connect from|disconnect from|)")


def sessions(lines: Iterable[Line]) -> list[list[Line]]:
    """
    Sort the *lines* of smtpd by session, in the order in which these ended.

    A process serves one client at a time: between its "connect" and its "disconnect"
    all is about the same one.
    """
    running: dict[str, list[Line]] = {}
    ended = []
    for line in lines:
        if found := SMTPD.search(line.text):
            pid, event = found.groups()
            if event.startswith("connect"):
                running[pid] = []
            running.setdefault(pid, []).append(line)
            if event.startswith("disconnect"):
                ended.append(running.pop(pid))
    return ended
