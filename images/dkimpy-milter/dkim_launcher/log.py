"""The container's log: one readable line for each event, on standard output."""

import re
import sys
import syslog
import traceback

_LONGEST = 2000
_tag = "dkimpy-milter"


def name_after(mode: str) -> None:
    """Begin each line with the service's name: *mode* is dkimpy-milter's Mode."""
    global _tag
    _tag = {"s": "dkim-sign", "v": "dkim-verify"}[mode]


def line(text: str, level: str = "info") -> None:
    """
    Print *text* as one line; *level* (info, warning, error) is shown unless it is info.

    Text comes from strangers: a line feed in a Subject must not forge a log line.
    """
    visible = re.sub(r"[^ -~]", lambda found: ascii(found[0])[1:-1], text)
    label = "" if level == "info" else f"{level}: "
    # One write, so that lines of two threads don't mix.
    sys.stdout.write(f"{_tag}: {label}{visible[:_LONGEST]}\n")
    sys.stdout.flush()


def fault(while_doing: str) -> None:
    """Report the exception being handled, with its traceback, in one line."""
    line(f"{while_doing}: {traceback.format_exc().strip()}", "error")


def replace_syslog() -> None:
    """Send what is meant for syslog(3) to :func:`line`: a container has no /dev/log."""

    def printing(*priority_and_text: object) -> None:
        line(str(priority_and_text[-1]))

    syslog.openlog = lambda *_, **__: None
    syslog.syslog = printing  # type: ignore[assignment]
