"""The client's half of spamd's protocol, SPAMC/1.5 (spamd/PROTOCOL)."""

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
    """spamd worked on the message for as long as local.cf lets it, and gave up."""


class NoAnswerError(NoVerdictError):
    """spamd said nothing: a child of it hangs."""


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

    With *user*, by what that user has taught, where spamd tells users apart.

    Raises:
        NoVerdictError: After *timeout* seconds, or when asking is of no use.
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

    Asks anew when a connection breaks: that is what happens to the messages
    under way when a spamd makes room for the next one, or loses a child.

    Raises:
        NoAnswerError: When it says nothing for *timeout* seconds.
        NoVerdictError: When these seconds were not enough for a second attempt, or
            when asking is of no use.
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
        OSError: When there is no spamd, or it hangs up while it is spoken to.
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
    """Tell whether *reply* is good news without its end: spamd sends it in pieces."""
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
