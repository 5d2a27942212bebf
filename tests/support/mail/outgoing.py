"""Mail to other servers: that it waits, and what Postfix says of its way."""

import re

from tests.support.server.project import Project
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until


def reason_to_wait(project: Project, recipient: str, within: float = 60) -> str:
    """Wait until mail to *recipient* has been tried, and return why it still waits."""
    (held,) = wait_until(
        lambda: [each for each in waiting(project, recipient) if each.reason],
        f"a reason why mail to {recipient} waits",
        within,
    )
    return held.reason


def remove_waiting(project: Project, recipient: str) -> None:
    """Remove the mail to *recipient* from the queue."""
    for each in waiting(project, recipient):
        project.inside("postfix", "postsuper", "-d", each.queue_id)


def tried_again(project: Project, recipient: str, within: float = 60) -> None:
    """Have waiting mail tried until it has left."""

    def has_left() -> bool:
        flush(project)
        return not waiting(project, recipient)

    wait_until(has_left, f"mail to {recipient} on its way", within)


def longest_delay(project: Project, recipient: str, since: float) -> float:
    """Return how many seconds mail to *recipient* took at most, as Postfix logged."""
    took = rf"to=<{re.escape(recipient)}>,.* delay=([\d.]+),.* status=sent"
    found = re.findall(took, project.said("postfix", since))
    return max(map(float, found))


def connections(project: Project, host: str, since: float) -> str:
    """Return what Postfix has logged of its connections to *host*."""
    name = rf"postfix/smtp\[.*\b{re.escape(host)}\b"
    lines = project.lines(["postfix"], since)
    return "\n".join(line.text for line in lines if re.search(name, line.text))
