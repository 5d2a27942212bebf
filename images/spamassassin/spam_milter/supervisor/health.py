"""Checks that messages are scanned now, with the configuration rendered last."""

import sys
from pathlib import Path

from milter_runtime.negotiation import negotiates

from spam_milter.milter.milter import HOST, PORT
from spam_milter.supervisor.spamd import RULES, SOCKET, answers
from spam_milter.supervisor.supervisor import LIVE
from spam_milter.training import control_socket

TIMEOUT = 20
"""Seconds: spamd answers when a child is free, on a busy day not at once."""


def fault(rules: Path, live: Path) -> str | None:
    """Return what keeps a message from being scanned, if anything does."""
    if rules.resolve() != live.resolve():
        return f"spamd does not use {live.resolve()} yet"
    if not answers(SOCKET, TIMEOUT):
        return "spamd does not answer"
    if not answers(control_socket.SOCKET, TIMEOUT):
        return "the control socket does not answer"
    try:
        return (
            None if negotiates(PORT, TIMEOUT, HOST) else "the milter does not negotiate"
        )
    except OSError as error:
        return f"the milter does not answer: {error}"


if __name__ == "__main__":
    sys.exit(fault(RULES, LIVE))
