"""The container's log: our own lines, and what dkimpy-milter sends to syslog."""

import syslog
import traceback

from milter_runtime.log import say

_tag = "dkimpy-milter"


def name_after(mode: str) -> None:
    """Begin each line with the service's name: *mode* is dkimpy-milter's Mode."""
    global _tag
    _tag = {"s": "dkim-sign", "v": "dkim-verify"}[mode]


def line(text: str, level: str = "info") -> None:
    """Log *text*; *level* (info, warning, error) is shown unless it is info."""
    label = "" if level == "info" else f"{level}: "
    say(f"{_tag}: {label}{text}")


def fault(while_doing: str) -> None:
    """Report the exception being handled, with its traceback, in one line."""
    line(f"{while_doing}: {traceback.format_exc().strip()}", "error")


def replace_syslog() -> None:
    """Have syslog(3) write by :func:`line`: a container has no /dev/log."""

    def printing(*priority_and_text: object) -> None:
        line(str(priority_and_text[-1]))

    syslog.openlog = lambda *_, **__: None
    syslog.syslog = printing  # type: ignore[assignment]  # takes both of its forms
