"""Messages that pass or fail SPF, DKIM, DMARC and ARC, and their sending."""

from dataclasses import dataclass

import pytest

from tests.support.clients.dialogue import Reply, Smtp
from tests.support.mail.message import letter
from tests.support.mail.outsiders import Stranger
from tests.support.server.project import ADDRESS
from tests.support.server.server import Server

PASSED = "arc=none; dmarc=pass header.from={domain}"


@dataclass(frozen=True)
class Case:
    """A message from outside, and the verdicts on it."""

    name: str
    author: str = "nothing.spf.test"
    """The domain in From:."""

    sender: str | None = None
    """The domain in MAIL FROM: the author's unless said; empty for a bounce."""

    helo: str = "client.invalid"
    signers: tuple[str, ...] = ()
    sealers: tuple[tuple[str, str], ...] = ()
    """Who passed it on, one after the other, and what they said of it."""

    change: tuple[bytes, bytes] = (b"", b"")
    """What is replaced at the end, by what."""

    says: tuple[str, ...] = ()
    """What our header holds then."""


def named(cases: list[Case]) -> list[object]:
    """Return *cases* for pytest.mark.parametrize, each with its name for an id."""
    return [pytest.param(case, id=case.name) for case in cases]


def deliver(
    server: Server, stranger: Stranger, to: str, subject: str, case: Case
) -> Reply:
    """Hand the message of *case* to port 25, and return the last answer."""
    author = f"someone@{case.author}"
    message = letter(author, to, subject)
    for domain in case.signers:
        message = stranger.sign(message, domain)
    for domain, results in case.sealers:
        message = stranger.seal(message, domain, results.format(domain=case.author))
    if case.change[0]:
        message = message.replace(*case.change, 1)
    domain = case.author if case.sender is None else case.sender
    with Smtp(ADDRESS, server.port(25)) as session:
        session.say(f"EHLO {case.helo}")
        sender = f"someone@{domain}" if domain else ""
        options = "" if sender.isascii() else " SMTPUTF8"
        return session.deliver(message, sender, [to], options)
