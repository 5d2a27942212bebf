"""What is kept of a report, and why one is refused."""

import re
from typing import NamedTuple

# Characters of a name that others chose.
LONGEST = 255

_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


class RefusedError(Exception):
    """The message holds no report that counts; its text says why."""


class Messages(NamedTuple):
    """Messages of one source that were judged alike (RFC 9990, `record`)."""

    source: str
    """The address that sent them."""
    header_from: str
    """The domain of their author."""
    disposition: str
    """none, quarantine or reject."""
    dkim: bool
    """Whether an aligned DKIM signature was valid."""
    spf: bool
    """Whether an aligned SPF domain passed."""
    reason: str
    """Why the policy was not applied, if it was not; a word of the RFC."""
    amount: int


class Sessions(NamedTuple):
    """Sessions under one policy (RFC 8460, section 4.4)."""

    policy: str
    """tlsa, sts or no-policy-found."""
    domain: str
    mx: str
    """The MX host, or the patterns of a policy with blanks between."""
    succeeded: int
    failed: int


class Failures(NamedTuple):
    """Sessions that failed in the same way."""

    result: str
    """A result type (RFC 8460, section 4.3)."""
    mx: str
    """The name of the MX host, where it is told."""
    reason: str
    """The sender's own words for it."""
    amount: int


class Report(NamedTuple):
    """A report that counts."""

    kind: str
    """dmarc or tls."""
    reporter: str
    """The domain that the message is proven to be from."""
    organization: str
    """What the reporter calls itself."""
    report_id: str
    """The report's id, chosen by the reporter."""
    domain: str
    """Ours, about which it is."""
    begins: int
    """Seconds of the epoch."""
    ends: int
    messages: tuple[Messages, ...] = ()
    sessions: tuple[Sessions, ...] = ()
    failures: tuple[Failures, ...] = ()

    @property
    def size(self) -> int:
        """The number of rows that are kept for it."""
        return 1 + len(self.messages) + len(self.sessions) + len(self.failures)


def text(value: object, what: str) -> str:
    """
    Return *value* without what could steer a terminal, and not too long.

    Raises:
        RefusedError: It is no text, or empty.
    """
    found = printable(value) if isinstance(value, str) else ""
    if not found:
        raise RefusedError(f"no {what}")
    return found


def printable(value: str) -> str:
    """Return *value* in one line, without control characters, and not too long."""
    words = "".join(each if each.isprintable() else " " for each in value[:4096])
    return " ".join(words.split())[:LONGEST]


def domain(value: object, what: str) -> str:
    """
    Return *value* in lower case, as A-labels.

    Raises:
        RefusedError: It is not a domain.
    """
    found = text(value, what).rstrip(".").lower()
    if not found.isascii():
        try:
            found = found.encode("idna").decode()
        except UnicodeError:
            raise RefusedError(f"{what} is no domain: {found}") from None
    if not _DOMAIN.fullmatch(found):
        raise RefusedError(f"{what} is no domain: {found}")
    return found


def number(value: object, what: str, most: int = 10**9) -> int:
    """
    Return the number *value*, also written as text.

    Raises:
        RefusedError: It is not one from 0 to *most*.
    """
    if isinstance(value, str) and re.fullmatch(r"\d{1,12}", value.strip(), re.ASCII):
        value = int(value)
    if type(value) is not int or not 0 <= value <= most:
        raise RefusedError(f"{what} is no number from 0 to {most}")
    return value
