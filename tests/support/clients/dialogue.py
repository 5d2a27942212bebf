"""
SMTP and IMAP sessions, command by command.

The standard library is all it takes, so that it runs in a container, too.
"""

import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

# Seconds. Some answers wait for a milter or a name server; none takes this long.
TIMEOUT = 60.0


@dataclass(frozen=True)
class Reply:
    """An answer of an SMTP server, with all its lines."""

    lines: tuple[str, ...]

    @property
    def code(self) -> int:
        """The three digits; 0 when the server closed the connection."""
        return int(self.lines[-1][:3]) if self.lines else 0

    @property
    def keywords(self) -> set[str]:
        """The extensions that an EHLO reply offers (RFC 5321, 4.1.1.1)."""
        return {line[4:].split()[0].upper() for line in self.lines[1:]}

    def __str__(self) -> str:
        """Return all lines."""
        return "\n".join(self.lines)


class Connection:
    """A TCP connection that reads lines."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Connect; with *tls*, encrypted from the first byte."""
        self.socket = socket.create_connection((host, port), timeout=TIMEOUT)
        self.pending = b""
        if tls:
            self.encrypt(tls)

    def __enter__(self) -> Self:
        """Serve as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self.socket.close()

    def encrypt(self, tls: ssl.SSLContext) -> None:
        """Start TLS on this connection."""
        name = getattr(tls, "server_name", None)
        self.socket = tls.wrap_socket(self.socket, server_hostname=name)

    def write(self, data: bytes) -> None:
        """Send *data* as it is."""
        self.socket.sendall(data)

    def line(self) -> str:
        """Read a line; empty when the server has closed the connection."""
        while b"\n" not in self.pending:
            try:
                data = self.socket.recv(65536)
            except ConnectionResetError:
                data = b""
            if not data:
                return ""
            self.pending += data
        line, _, self.pending = self.pending.partition(b"\n")
        return line.decode(errors="replace").rstrip("\r")


class Smtp(Connection):
    """An SMTP dialogue, one command at a time."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Connect and wait for the greeting, before which a client must not talk."""
        super().__init__(host, port, tls)
        self.greeting = self.reply()

    def reply(self) -> Reply:
        """Read the server's answer."""
        lines = []
        while line := self.line():
            lines.append(line)
            if line[3:4] != "-":
                break
        return Reply(tuple(lines))

    def say(self, command: str) -> Reply:
        """Send one *command* and return the answer."""
        self.write(f"{command}\r\n".encode())
        return self.reply()

    def ehlo(self) -> Reply:
        """Send EHLO."""
        return self.say("EHLO client.invalid")

    def start_tls(self, tls: ssl.SSLContext) -> Reply:
        """Send STARTTLS, encrypt, and send EHLO anew (RFC 3207, 4.2)."""
        if (reply := self.say("STARTTLS")).code != 220:
            raise AssertionError(f"STARTTLS: {reply}")
        self.encrypt(tls)
        return self.ehlo()

    def transmit(self, message: bytes) -> Reply:
        """Send a whole *message* after DATA, with line ends and dots as due."""
        if (reply := self.say("DATA")).code != 354:
            return reply
        lines = message.replace(b"\r\n", b"\n").rstrip(b"\n").split(b"\n")
        dotted = (b"." + line if line.startswith(b".") else line for line in lines)
        self.write(b"\r\n".join(dotted) + b"\r\n.\r\n")
        return self.reply()

    def deliver(
        self, message: bytes, sender: str, recipients: Iterable[str], options: str = ""
    ) -> Reply:
        """Send a *message* and return the last answer, or the first refusal."""
        commands = [f"MAIL FROM:<{sender}>{options}"]
        commands += [f"RCPT TO:<{recipient}>" for recipient in recipients]
        for command in commands:
            if (reply := self.say(command)).code >= 400:
                return reply
        return self.transmit(message)


class Imap(Connection):
    """An IMAP dialogue, one command at a time (RFC 9051)."""

    def __init__(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        """Connect and wait for the greeting."""
        super().__init__(host, port, tls)
        self.greeting = self.line()

    def say(self, command: str) -> str:
        """Send one *command* and return the whole answer; its last line is tagged."""
        self.write(f"tag {command}\r\n".encode())
        lines = []
        while line := self.line():
            lines.append(line)
            if line.startswith("tag "):
                break
        return "\n".join(lines)

    def start_tls(self, tls: ssl.SSLContext) -> None:
        """Send STARTTLS and encrypt."""
        if "tag OK" not in (reply := self.say("STARTTLS")):
            raise AssertionError(f"STARTTLS: {reply}")
        self.encrypt(tls)
