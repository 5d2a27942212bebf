"""Senders who are no users of ours: one on another server, and a bare client."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import dkim

from tests.support.clients.dialogue import Reply, Smtp
from tests.support.mail.mailbox import Received
from tests.support.mail.message import crlf, letter
from tests.support.server.project import ADDRESS, Project
from tests.support.server.server import Server
from tests.support.wait import wait_until
from tests.support.world import OUTSIDE, SELECTOR, World

# A method with its result, or whose it is: by which domain, and with which algorithm.
RESULT = re.compile(r"(spf|dkim|dmarc|smtp\.\w+|header\.(d|a|from))=")


@dataclass(frozen=True)
class Stranger:
    """A user of the other mail server."""

    server: Server
    world: World
    address: str = f"stranger@{OUTSIDE}"

    def sign(self, message: bytes, domain: str = OUTSIDE) -> bytes:
        """Sign as *domain* does, with the key its name server publishes."""
        signature = dkim.sign(
            message, SELECTOR.encode(), domain.encode(), self.world.private_key
        )
        return bytes(signature) + crlf(message)

    def seal(self, message: bytes, domain: str, results: str) -> bytes:
        """Add an ARC set of *domain* with its *results* (RFC 8617)."""
        told = f"Authentication-Results: {domain}; {results}\r\n".encode()
        headers = dkim.arc_sign(
            told + crlf(message),
            SELECTOR.encode(),
            domain.encode(),
            self.world.private_key,
            domain.encode(),
        )
        return b"".join(headers) + crlf(message)

    def send(self, to: str, subject: str = "", message: bytes = b"") -> None:
        """Have the other server deliver a message to *to*."""
        port = self.server.project.port(587, "outside")
        with Smtp(ADDRESS, port) as session:
            session.ehlo()
            reply = session.deliver(
                message or letter(self.address, to, subject), self.address, [to]
            )
        if reply.code != 250:
            raise AssertionError(f"the other server refused: {reply}")

    def receive(self, subject: str, within: float = 30) -> Received:
        """
        Wait until the other server has a message about *subject*, and read it.

        Raises:
            AssertionError: When none has come *within* seconds.
        """
        return Received(
            wait_until(
                lambda: self._find(subject),
                f"{subject!r} in {self.address}'s mailbox",
                within,
            )
        )

    def _find(self, subject: str) -> bytes:
        script = 'f=$(grep -lrs -- "$0" /home/stranger/Maildir/new) && cat $f || true'
        return self.server.project.inside("outside", "sh", "-c", script, subject)


@contextmanager
def one_at_a_time(project: Project) -> Iterator[None]:
    """Have the other server take one session after the other for a while."""
    # OpenDKIM dies of several messages at once, and verifies nothing any more.
    _limit_sessions(project, "1")
    try:
        yield
    finally:
        _limit_sessions(project, "-")


def _limit_sessions(project: Project, number: str) -> None:
    limit = f"smtp/inet/process_limit={number}"
    project.inside("outside", "postconf", "-F", limit)
    project.inside("outside", "postfix", "reload")


def authentication_results(received: Received) -> set[str]:
    """
    Return the verdicts of the other server on *received* (RFC 8601).

    Such as "dkim=pass header.d=example.test header.a=rsa-sha256".
    """
    told = ";".join(received.all("Authentication-Results"))
    clauses = re.sub(r"\([^)]*\)", "", told).split(";")
    found = (" ".join(filter(RESULT.match, clause.split())) for clause in clauses)
    return {each for each in found if each}


@dataclass(frozen=True)
class Spammer:
    """A client on port 25 without any rights."""

    server: Server

    def session(self) -> Smtp:
        """Connect to port 25 and say EHLO."""
        session = Smtp(self.server.address, self.server.port(25))
        session.ehlo()
        return session

    def send(
        self,
        to: str,
        message: bytes,
        sender: str = "spammer@spam.test",
        tls: bool = False,
        options: str = "",
    ) -> Reply:
        """Deliver to our port 25 and return the last answer."""
        with self.session() as session:
            if tls:
                session.start_tls(self.server.trust)
            return session.deliver(message, sender, [to], options)

    def ask(self, *recipients: str, utf8: bool = False) -> list[Reply]:
        """Return the answer of port 25 to RCPT for each address."""
        with self.session() as session:
            options = " SMTPUTF8" if utf8 else ""
            session.say(f"MAIL FROM:<a@outside.test>{options}")
            return [session.say(f"RCPT TO:<{each}>") for each in recipients]
