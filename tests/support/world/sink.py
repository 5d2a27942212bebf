"""Messages that reached a server which records every byte: see images/sink here."""

import base64
import json
from dataclasses import dataclass

from tests.support.server.project import Project
from tests.support.wait import wait_until


@dataclass(frozen=True)
class Session:
    """One connection that the sink had."""

    commands: list[str]
    """As they came, with their line ends."""
    data: list[bytes]
    """What followed each DATA, with the final dot."""
    tls: str
    """The version, or nothing if it was in the clear."""
    client: str
    """The address that it came from."""

    def count(self, verb: str) -> int:
        """How many commands begin with *verb*."""
        return sum(command.upper().startswith(verb) for command in self.commands)

    @property
    def message(self) -> bytes:
        """The one message it brought, without the dots of the transport."""
        (data,) = self.data
        text = data.removesuffix(b".\r\n")
        return b"\r\n".join(line.removeprefix(b".") for line in text.split(b"\r\n"))


@dataclass(frozen=True)
class Sink:
    """The sink that runs as *service*, for mail to *domain*."""

    project: Project
    service: str
    domain: str

    def sessions(self, subject: str = "") -> list[Session]:
        """The sessions that are over, with mail about *subject*, or all."""
        records = [json.loads(line.text) for line in self.project.lines([self.service])]
        found = [
            Session(
                record["commands"],
                [base64.b64decode(data) for data in record["data"]],
                record["tls"],
                record["client"],
            )
            for record in records
        ]
        return [each for each in found if subject.encode() in b"".join(each.data)]

    def receive(self, subject: str, within: float = 30) -> Session:
        """
        Wait for mail about *subject*.

        Raises:
            AssertionError: When none has come *within* seconds, or more than one.
        """
        found = wait_until(
            lambda: self.sessions(subject), f"{subject!r} at {self.domain}", within
        )
        (session,) = found
        return session
