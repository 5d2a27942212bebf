"""Checks of the logs for warnings that no test announced, and for passwords."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from tests.support.clients.login import plain
from tests.support.logs.lines import Announcement, Line
from tests.support.server.project import Project

OURS = {
    *("postfix", "dovecot", "dkim-sign", "dkim-verify", "spamassassin"),
    *("rule-updater", "resolver", "srs", "stack", "certs", "clamav", "web"),
    *("reports", "report-sender", "tls-policy"),
}

# Lines that show no fault, and that no test can announce.
HARMLESS = (
    # By Dovecot, of a machine that had no time for it.
    "Time moved forward by",
    # By Dovecot, of each change of the configuration, and of old processes after it.
    "SIGHUP received - reloading configuration",
    "aren't dying after reload",
    "Sent SIGTERM to",
    "Killed with signal 15",
    # By Dovecot, of a health check that was under way when its container stood still.
    "returned unknown PID",
    # By Postfix, whose helper ended for such a change; the next one is asked.
    "problem talking to service",
)


def complaints(
    lines: Sequence[Line], announced: Sequence[Announcement] = ()
) -> list[Line]:
    """Return the *lines* that are a warning or worse, but for what was *announced*."""
    return [
        line
        for line in lines
        if line.is_trouble
        and not any(each in line.text for each in HARMLESS)
        and not any(each.covers(line) for each in announced)
    ]


def leaks(lines: Sequence[Line], passwords: dict[str, str]) -> list[Line]:
    """
    Return the *lines* with a password, as it is or as SASL encodes it.

    Args:
        lines: What was logged.
        passwords: That of each address.
    """
    secrets = [
        form
        for address, password in passwords.items()
        for form in (password, plain(address, password))
    ]
    return [line for line in lines if any(each in line.text for each in secrets)]


@dataclass
class LogCheck:
    """Reads the logs of our services while tests go on, each line once."""

    read_until: float = 0
    """Seconds of the epoch."""

    def problems(self, project: Project, ran: Sequence[pytest.Item]) -> list[Line]:
        """Return the problems since the last call, after the tests that *ran*."""
        since, self.read_until = self.read_until, time.time()
        lines = project.lines(OURS, since)
        announced = [each for item in ran for each in Announcement.all_by(item)]
        return complaints(lines, announced) + leaks(lines, project.passwords)
