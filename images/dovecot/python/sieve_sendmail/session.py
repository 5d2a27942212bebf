"""SMTP over a UNIX socket, to a Postfix that trusts us to name the user."""

import re
import socket
from pathlib import Path
from typing import NamedTuple

from sieve_sendmail.message import Message

# Seconds. Postfix itself waits for the signer for two minutes (milter_content_timeout).
_TIMEOUT = 130.0

# Octets that are sent at a time.
_CHUNK = 65536


class Reply(NamedTuple):
    """An answer of the server (RFC 5321, section 4.2), its lines as one."""

    code: int
    text: str

    @property
    def is_taken(self) -> bool:
        """Whether the server has accepted the command."""
        return self.code < 400

    @property
    def is_our_fault(self) -> bool:
        """
        Whether this server has a temporary fault: 421, 451, 452.

        450 is about the user or the recipient: a user over the limit, or a domain whose
        name server is silent, may stay so for days.
        """
        return self.code in (421, 451, 452)

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class _RefusedError(Exception):
    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class _Session:
    """A session of one message; raises OSError when the connection breaks."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._answers = connection.makefile("rb")

    def say(self, command: str) -> Reply:
        self._connection.sendall(command.encode("utf-8", "surrogateescape") + b"\r\n")
        return self.hear()

    def hear(self) -> Reply:
        """Return the next answer; raises _RefusedError if it is a refusal."""
        lines = [self._line()]
        while lines[-1][3:4] == "-":
            lines.append(self._line())
        text = " ".join(line[4:] for line in lines)
        reply = Reply(int(lines[0][:3]), text)
        if not reply.is_taken:
            raise _RefusedError(reply)
        return reply

    def transmit(self, message: Message) -> Reply:
        """Send the text, with a dot before each line that begins with one."""
        self.say("DATA")
        waiting = bytearray()
        for line in message.lines():
            waiting += b"." + line if line.startswith(b".") else line
            waiting += b"\r\n"
            if len(waiting) >= _CHUNK:
                self._connection.sendall(waiting)
                waiting.clear()
        self._connection.sendall(waiting + b".\r\n")
        return self.hear()

    def _line(self) -> str:
        line = self._answers.readline()
        if not re.match(rb"[2-5]\d\d[ -]", line):
            raise ConnectionError(f"Postfix broke off: {line!r}")
        return line.decode("utf-8", "replace").rstrip()


def submit(
    path: Path, user: str, sender: str, recipients: list[str], message: Message
) -> Reply:
    """
    Hand *message* over as *user*: as Postfix sees it, *user* has logged in.

    Args:
        path: The socket. Each client that may open it may name any user (XCLIENT).
        sender: Empty for the null sender.

    Returns:
        The last answer, which is a refusal if there was one.

    Raises:
        OSError: The server can't be reached, or broke off.
    """
    options = " BODY=8BITMIME" if message.eight_bit else ""
    options += " SMTPUTF8" if message.utf8 else ""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_TIMEOUT)
        connection.connect(str(path))
        session = _Session(connection)
        try:
            session.hear()
            session.say("EHLO dovecot.invalid")
            session.say(f"XCLIENT LOGIN={_xtext(user)}")
            session.say("EHLO dovecot.invalid")
            session.say(f"MAIL FROM:<{sender}>{options}")
            for recipient in recipients:
                session.say(f"RCPT TO:<{recipient}>")
            return session.transmit(message)
        except _RefusedError as refused:
            return refused.reply


def _xtext(value: str) -> str:
    """Encode *value* as an attribute of a command (RFC 3461, section 4)."""
    octets = value.encode("utf-8", "surrogateescape")
    return "".join(
        chr(octet) if 33 <= octet <= 126 and octet not in b"+=" else f"+{octet:02X}"
        for octet in octets
    )
