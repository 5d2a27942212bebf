"""What our server makes of a report: what it shows, and what its log says."""

import json
from typing import Any

from tests.support.mail.outsiders import Stranger
from tests.support.reports.messages import attached
from tests.support.server.project import Project
from tests.support.wait import wait_until

DMARC = "dmarc-reports@example.test"
TLS = "tls-reports@example.test"


def send(
    stranger: Stranger,
    data: bytes,
    label: str = "text/xml",
    to: str = DMARC,
    name: str = "a.xml",
) -> None:
    """Have the other server deliver a message with the report *data* attached."""
    stranger.send(to, message=attached(data, label, to, name, stranger.address))


def shown(project: Project, *arguments: str) -> Any:
    """Return what `stack reports` shows to programs."""
    return json.loads(project.stack("reports", *arguments, "--json").stdout)


def senders(project: Project, source: str) -> list[dict[str, Any]]:
    """Return what was reported on mail from the address *source*."""
    return [each for each in shown(project, "dmarc") if each["source"] == source]


def await_line(project: Project, words: str, begin: float, within: float = 60) -> str:
    """Wait until the receiver has logged *words* since *begin*, and return the line."""

    def look() -> str:
        lines = project.lines(["reports"], since=begin)
        return next((each.text for each in lines if words in each.text), "")

    return wait_until(look, f"{words!r} in the log of reports", within)
