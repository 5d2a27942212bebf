"""
Talks to the spam filter over its control socket, in spamd's protocol (SPAMC/1.5).

The services `stack` and spamassassin share the socket's volume, so the filter needs no
network port. PROTOCOL in SpamAssassin's source describes the commands; STATS is our
own.
"""

import json
import re
import socket
import time
from pathlib import Path
from typing import Any, Literal, NamedTuple

from stack.system.errors import StackError, UnableError

CONTROL = Path("/run/spam/control")

# Seconds for one answer. A scan may wait for a free child first.
TIMEOUT = 90.0

# Seconds to wait for room in the spool of messages to learn, and between two attempts.
ROOM_TIMEOUT = 300.0
PAUSE = 0.5

_STATUS = re.compile(rb"SPAMD/\S+ (\d+) ?(.*)")
_VERDICT = re.compile(r"(True|False|Yes|No) ; (-?[\d.]+) / (-?[\d.]+)")
# A line of the table in spamd's report; what follows a description is indented.
_TEST = re.compile(r" {0,3}(-?\d+(?:\.\d+)?) (\S+) *(.*)")


class BusyError(StackError):
    """The filter is busy; a later attempt may succeed."""


class Test(NamedTuple):
    """A rule that matched a message."""

    name: str
    points: float
    description: str


class Report(NamedTuple):
    """The filter's verdict on a message."""

    spam: bool
    score: float
    required: float
    tests: list[Test]


class _Reply(NamedTuple):
    headers: dict[str, str]
    body: bytes


def is_mounted() -> bool:
    """Say whether the volume with the control socket is mounted here."""
    return CONTROL.parent.is_dir()


def learn(message: bytes, kind: Literal["spam", "ham"], user: str | None) -> None:
    """
    Hand *message* over to be learnt, for the site and for *user* if given.

    The filter has stored it safely when this returns.

    Raises:
        UnableError: When the filter can't be reached.
        BusyError: When its spool has no room within ROOM_TIMEOUT.
        StackError: When it refuses.
    """
    _tell(message, user, {"Message-class": kind, "Set": "local"})


def forget(message: bytes, user: str | None) -> None:
    """
    Hand *message* over to be forgotten, for the site and for *user* if given.

    Raises:
        UnableError: When the filter can't be reached.
        BusyError: When its spool has no room within ROOM_TIMEOUT.
        StackError: When it refuses.
    """
    _tell(message, user, {"Remove": "local"})


def report(message: bytes, user: str | None) -> Report:
    """
    Return the filter's verdict on *message*, without learning from it.

    Raises:
        UnableError: When the filter can't be reached.
        BusyError: When no spamd is free, or none runs.
        StackError: When it refuses, or its answer can't be read.
    """
    reply = _ask("REPORT", message, user)
    verdict = _VERDICT.fullmatch(reply.headers.get("spam", "").strip())
    if not verdict:
        raise StackError(
            "the spam filter answered without a verdict: see `docker compose logs"
            " spamassassin`"
        )
    spam, score, required = verdict.groups()
    tests = list(_tests(reply.body.decode(errors="replace")))
    return Report(spam in ("True", "Yes"), float(score), float(required), tests)


def stats() -> dict[str, Any]:
    """
    Return what the filter has learnt, in the form of its command STATS.

    `users`: by user, and for "site", the learnt messages (`nspam`, `nham`) and tokens
    (`ntokens`). `enough`: how many messages of each kind are needed before they count.
    `spool`: the `messages` and `bytes` that are not learnt yet.

    Raises:
        UnableError: When it can't be reached.
        StackError: When it refuses.
    """
    found: dict[str, Any] = json.loads(_ask("STATS").body)
    return found


def _tests(text: str) -> list[Test]:
    found: list[Test] = []
    # The table begins below a line of dashes.
    table = text.partition("\n---- ")[2].splitlines()[1:]
    for line in table:
        if row := _TEST.fullmatch(line.rstrip()):
            found.append(Test(row[2], float(row[1]), row[3]))
        elif found and line.strip():
            last = found.pop()
            found.append(
                last._replace(description=f"{last.description} {line.strip()}")
            )
    return found


def _tell(message: bytes, user: str | None, headers: dict[str, str]) -> None:
    """Hand *message* over as soon as the spool has room for it."""
    deadline = time.monotonic() + ROOM_TIMEOUT
    while True:
        try:
            # Can-wait leaves room for users who move a message, and can't wait.
            _ask("TELL", message, user, {**headers, "Can-wait": "yes"})
        except BusyError:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE)
        else:
            return


def _ask(
    command: str,
    message: bytes = b"",
    user: str | None = None,
    headers: dict[str, str] | None = None,
) -> _Reply:
    said = {"Content-length": str(len(message)), **(headers or {})}
    if user:
        said["User"] = user
    lines = [f"{command} SPAMC/1.5", *(f"{k}: {v}" for k, v in said.items()), "", ""]
    try:
        answer = _exchange("\r\n".join(lines).encode() + message)
    except OSError as error:
        raise UnableError(
            f"{CONTROL}: {error.strerror or error}: the spam filter doesn't answer:"
            " `docker compose up --detach --wait spamassassin`"
        ) from None
    return _reply(command, answer)


def _exchange(request: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(TIMEOUT)
        connection.connect(str(CONTROL))
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def _reply(command: str, answer: bytes) -> _Reply:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *rest = head.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if not status or status[1] != b"0":
        words = first.decode(errors="replace") or "nothing"
        kind = BusyError if status and status[1] == b"75" else StackError
        raise kind(
            f"the spam filter answered {words} to {command}: see `docker compose logs"
            " spamassassin`"
        )
    pairs = (line.decode(errors="replace").partition(":") for line in rest)
    return _Reply({name.lower(): value.strip() for name, _, value in pairs}, body)
