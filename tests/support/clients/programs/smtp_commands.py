"""
Send commands to port 25 of a host, after the greeting or before it.

It prints each answer, as JSON, and encrypts after STARTTLS. The standard library
is all it takes, so that it runs in a container, too.
"""

import json
import ssl
import sys

from ..dialogue import Connection, Reply, Smtp

EHLO = "EHLO client.invalid"


class EarlyTalker(Smtp):
    """A client that sends EHLO before the greeting."""

    def __init__(self, host: str, port: int) -> None:
        """Connect and send EHLO: the greeting ends with its first line."""
        Connection.__init__(self, host, port)
        self.write(f"{EHLO}\r\n".encode())
        self.greeting = Reply((self.line(),))
        self.reply()


def visit(kind: type[Smtp], host: str, commands: list[str]) -> list[str]:
    """Say *commands*, and return what is answered to each, the greeting first."""
    with kind(host, 25) as session:
        heard = [str(session.greeting)]
        for command in commands:
            heard.append(str(session.say(command)))
            if command == "STARTTLS":
                # The network names the server: its certificate is not what is tested.
                session.encrypt(ssl._create_unverified_context())  # noqa: S323
        return heard


if __name__ == "__main__":
    manner, host, *said = sys.argv[1:]
    print(json.dumps(visit(EarlyTalker if manner == "early" else Smtp, host, said)))
