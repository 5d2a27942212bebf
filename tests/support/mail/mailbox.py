"""A user of our server, who sends by SMTP and reads by IMAP."""

import email.policy
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from select import select
from time import monotonic

import aiosmtplib
from imapclient import IMAPClient

from tests.support.clients.event_loop import wait_for
from tests.support.mail.message import letter
from tests.support.server.server import Server

Refused = dict[str, aiosmtplib.SMTPResponse]


@dataclass(frozen=True)
class Received:
    """A message as it lies in a mailbox."""

    raw: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, taken apart."""
        return email.message_from_bytes(self.raw, policy=email.policy.default)

    @property
    def sender(self) -> str:
        """The envelope sender with which it was delivered, "" for the null sender."""
        # As octets: it may be beyond ASCII.
        path = re.search(rb"^Return-Path: +<(.*)>", self.raw, re.MULTILINE)
        assert path
        return path[1].decode()

    def all(self, header: str) -> list[str]:
        """Every value of *header*, unfolded."""
        # Of the headers alone: what comes after them may lie a thousand parts deep.
        values = BytesHeaderParser().parsebytes(self.raw).get_all(header, [])
        return [" ".join(str(value).split()) for value in values]


@dataclass(frozen=True)
class Mailbox:
    """One account; ports are 587 or 465 for sending, 993 or 143 for reading."""

    address: str
    password: str
    server: Server

    def send(
        self,
        to: str | list[str],
        subject: str = "",
        message: bytes = b"",
        port: int = 587,
        sender: str = "",
        options: list[str] | None = None,
    ) -> Refused:
        """
        Submit *message*, or a plain letter about *subject*, after logging in.

        Returns:
            The recipients that were refused while others were taken.

        Raises:
            aiosmtplib.SMTPException: When the server takes the message for nobody.
        """
        first = to if isinstance(to, str) else to[0]
        refused, _ = wait_for(
            aiosmtplib.send(
                message or letter(self.address, first, subject),
                sender=sender or self.address,
                recipients=to,
                mail_options=options,
                hostname=self.server.address,
                port=self.server.port(port),
                use_tls=port == 465,
                start_tls=port != 465,
                tls_context=self.server.trust,
                username=self.address,
                password=self.password,
                local_hostname="client.invalid",
                timeout=60,
            )
        )
        return refused

    @contextmanager
    def imap(self, port: int = 993) -> Iterator[IMAPClient]:
        """
        Log in.

        Raises:
            imapclient.exceptions.LoginError: When the server doesn't let us in.
        """
        trust, published = self.server.trust, self.server.port(port)
        tls = {"ssl": True, "ssl_context": trust} if port == 993 else {"ssl": False}
        with IMAPClient(
            self.server.address, port=published, timeout=30, **tls
        ) as client:
            if port == 143:
                client.starttls(trust)
            client.login(self.address, self.password)
            yield client

    def receive(
        self,
        subject: str,
        within: float = 30,
        folder: str = "INBOX",
        port: int = 993,
        where: str = "SUBJECT",
    ) -> Received:
        """
        Wait in IDLE until a message about *subject* is in *folder*, and read it.

        To look elsewhere, *where* is a key of SEARCH (RFC 9051, 6.4.4), like TEXT.

        Raises:
            AssertionError: When none has come *within* seconds.
        """
        deadline = monotonic() + within
        with self.imap(port) as client:
            client.select_folder(folder, readonly=True)
            while not (found := client.search([where, subject])):
                _idle(client, deadline - monotonic())
                if monotonic() > deadline:
                    raise AssertionError(
                        f"no {subject!r} in {self.address}'s {folder} in {within} s"
                    )
            return Received(client.fetch(found[-1], ["RFC822"])[found[-1]][b"RFC822"])

    def collect(
        self, subjects: Collection[str], within: float = 60
    ) -> dict[str, tuple[str, Received]]:
        """
        Wait until a message about each of *subjects* is in INBOX or Junk, and read all.

        Returns:
            The folder and the message, by subject; some lack after *within* seconds.
        """
        found: dict[str, tuple[str, Received]] = {}
        deadline = monotonic() + within
        with self.imap() as client:
            while found.keys() < set(subjects) and monotonic() < deadline:
                for folder in ("INBOX", "Junk"):
                    client.select_folder(folder, readonly=True)
                    found |= _read(client, folder, set(subjects) - found.keys())
                _idle(client, 0.2)
        return found

    def subjects(self, folder: str = "INBOX") -> list[str]:
        """The subjects of all messages in *folder*."""
        with self.imap() as client:
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["ENVELOPE"])
            return [
                (each[b"ENVELOPE"].subject or b"").decode() for each in found.values()
            ]


def _read(
    client: IMAPClient, folder: str, subjects: set[str]
) -> dict[str, tuple[str, Received]]:
    """Read those messages of the selected *folder* that are about *subjects*."""
    fetched = client.fetch(client.search(), ["ENVELOPE"])
    about = {
        (each[b"ENVELOPE"].subject or b"").decode(): n for n, each in fetched.items()
    }
    return {
        subject: (folder, Received(client.fetch(n, ["RFC822"])[n][b"RFC822"]))
        for subject in subjects
        if (n := about.get(subject))
    }


def _idle(client: IMAPClient, seconds: float) -> None:
    """
    Sleep until the server says that something changed (RFC 2177).

    idle_check() would read without blocking, and lose a line that came in two
    pieces. At most a second, because what came along with the answer to IDLE is in
    a buffer already, where select() doesn't see it.
    """
    client.idle()
    try:
        select([client.socket()], [], [], min(max(seconds, 0), 1))
    finally:
        client.idle_done()
