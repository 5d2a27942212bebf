"""A light load of mail, with a list of the messages that got a 250."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiosmtplib

from tests.support.clients.dialogue import Smtp
from tests.support.mail.mailbox import Mailbox
from tests.support.mail.message import letter
from tests.support.server.project import ADDRESS

# A pause between two messages, in seconds: the filters shall not be the limit.
PACE = 0.2


class Load:
    """Messages from two kinds of sender to one mailbox, all with subjects of theirs."""

    def __init__(self, sender: Mailbox, reader: Mailbox, subject: str) -> None:
        """Send as *sender* on 587 and as a stranger on 25, to *reader*."""
        self.sender, self.reader, self.subject = sender, reader, subject
        self.acknowledged: set[str] = set()
        """The subjects of messages that got a 250 after DATA."""
        self._end = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Send until the block is left."""
        ways = {"587": self._submit, "25": self._deliver}
        threads = [
            threading.Thread(target=self._repeat, args=way) for way in ways.items()
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._end.set()
            for thread in threads:
                thread.join()

    def _repeat(self, name: str, send: Callable[[str], bool]) -> None:
        number = 0
        while not self._end.wait(PACE):
            number += 1
            subject = f"{self.subject} {name} {number}"
            if send(subject):
                self.acknowledged.add(subject)

    def _submit(self, subject: str) -> bool:
        try:
            self.sender.send(self.reader.address, subject)
        except (OSError, aiosmtplib.SMTPException):
            return False
        return True

    def _deliver(self, subject: str) -> bool:
        message = letter("load@outside.test", self.reader.address, subject)
        try:
            with Smtp(ADDRESS, self.sender.server.port(25)) as session:
                session.ehlo()
                reply = session.deliver(
                    message, "load@outside.test", [self.reader.address]
                )
        except OSError:
            return False
        return reply.code == 250
