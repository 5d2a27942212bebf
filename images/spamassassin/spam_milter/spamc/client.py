"""The client's side of spamd's protocol, SPAMC/1.5 (spamd/PROTOCOL)."""

import re
import socket
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from spam_milter.spamc.request import head

ATTEMPTS = 3
PAUSE = 0.2


class NoVerdictError(Exception):
    """Why spamd has not judged a message."""


class TimeLimitError(NoVerdictError):
    """The scan reached the time_limit of local.cf."""


class NoAnswerError(NoVerdictError):
    """spamd did not answer: its child hangs."""


@dataclass(frozen=True)
class Scan:
    """What spamd found in a message."""

    spam: bool
    score: float
    required: float
    """The score that makes a message spam: required_score of local.cf."""
    tests: tuple[str, ...]


def ask(path: str, message: Sequence[bytes], timeout: float, user: str = "") -> Scan:
    """
    Have the spamd that listens on the socket *path* judge *message*.

    With *user*, Bayes uses that user's training, where spamd tells users apart.

    Raises:
        NoVerdictError: After *timeout* seconds, or when a retry would not help.
    """
    headers = {"user": user} if user else {}
    return parse(exchange_with_retries(path, "SYMBOLS", message, timeout, headers))


def exchange_with_retries(
    path: str,
    command: str,
    message: Sequence[bytes],
    timeout: float,
    headers: Mapping[str, str],
) -> bytes:
    """
    Return the whole reply to *command*.

    A broken connection is retried: it happens to the messages under way when spamd is
    replaced, or loses a child.

    Raises:
        NoAnswerError: spamd is silent for *timeout* seconds.
        NoVerdictError: The time was too short for a second attempt, or a retry would
            not help.
    """
    deadline = time.monotonic() + timeout
    for attempt in range(1, ATTEMPTS + 1):
        try:
            reply = exchange(path, command, message, deadline, headers)
            break
        except TimeoutError:
            if attempt > 1:
                raise NoVerdictError("spamd came and went") from None
            raise NoAnswerError(f"no answer from spamd in {timeout:g} s") from None
        except OSError as error:
            if attempt == ATTEMPTS:
                raise NoVerdictError(f"no spamd to ask: {error}") from None
            time.sleep(PAUSE)
    return reply


def exchange(
    path: str,
    command: str,
    message: Sequence[bytes],
    deadline: float,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """
    Return the whole reply to *command* with those *headers*.

    Raises:
        OSError: There is no spamd, or it hangs up.
        TimeoutError: At *deadline*, a time of the monotonic clock.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        wait(connection, deadline)
        connection.connect(path)
        connection.sendall(head(command, headers, sum(map(len, message))))
        for piece in message:
            wait(connection, deadline)
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        reply = b""
        while data := receive(connection, deadline):
            reply += data
    if not reply or cut_short(reply):
        raise ConnectionAbortedError("it hung up")
    return reply


def cut_short(reply: bytes) -> bool:
    """Tell whether *reply* reports success but is truncated: spamd sends pieces."""
    headers, end, body = reply.partition(b"\r\n\r\n")
    if not re.match(rb"SPAMD/[\d.]+ 0 EX_OK\r\n", reply):
        return False
    length = re.search(rb"(?mi)^Content-length: (\d+)\r?$", headers)
    return not end or (length is not None and len(body) < int(length[1]))


def receive(connection: socket.socket, deadline: float) -> bytes:
    """Return what comes next, or nothing at the end."""
    wait(connection, deadline)
    return connection.recv(65536)


def wait(connection: socket.socket, deadline: float) -> None:
    """Let the next operation on *connection* last until *deadline* and no longer."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection.settimeout(left)


def parse(reply: bytes) -> Scan:
    """
    Read the reply to SYMBOLS.

    Raises:
        TimeLimitError: When it was reached before all rules had been tried.
        NoVerdictError: When it is cut short or is no verdict.
    """
    headers, _, body = reply.decode("utf-8", "replace").partition("\r\n\r\n")
    first = headers.partition("\r\n")[0]
    if not re.fullmatch(r"SPAMD/\d+\.\d+ 0 EX_OK", first):
        raise NoVerdictError(f"spamd answered {first[:100]!r}")
    length = re.search(r"(?mi)^Content-length: (\d+)\r?$", headers)
    verdict = re.search(
        r"(?m)^Spam: (True|False) ; (-?\d+(?:\.\d+)?) / (-?\d+(?:\.\d+)?)\r?$", headers
    )
    if not verdict or not length or int(length[1]) != len(body.encode()):
        raise NoVerdictError("spamd answered without a whole verdict")
    tests = tuple(re.findall(r"\w+", body, re.ASCII))
    if "TIME_LIMIT_EXCEEDED" in tests:
        raise TimeLimitError("spamd ran into its time_limit")
    spam, score, required = verdict.groups()
    return Scan(spam == "True", float(score), float(required), tests)
