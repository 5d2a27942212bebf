"""
A client at an address of its own: says what it is told to on port 25, and hears.

Prints each answer, as JSON. After STARTTLS it goes on encrypted. The standard library
is all it takes, so that it runs in a container, too.
"""

import json
import ssl
import sys

from ..dialogue import Connection, Reply, Smtp

EHLO = "EHLO client.invalid"


class Hasty(Smtp):
    """A client that introduces itself before it is greeted."""

    def __init__(self, host: str, port: int) -> None:
        """Connect and speak: the greeting ends with its first line."""
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
                # Whom it speaks to it knows by the network.
                session.encrypt(ssl._create_unverified_context())  # noqa: S323
        return heard


if __name__ == "__main__":
    hasty, host, *said = sys.argv[1:]
    print(json.dumps(visit(Hasty if hasty == "hasty" else Smtp, host, said)))
