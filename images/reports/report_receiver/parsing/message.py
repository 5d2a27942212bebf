"""Finds the report in a message, and who is proven to have sent it."""

import re
from email import message_from_bytes
from email.message import Message
from itertools import islice

from report_receiver.configuration import Configuration
from report_receiver.parsing import dmarc, tls
from report_receiver.parsing.report import RefusedError, Report, printable
from report_receiver.parsing.unpacking import unpack

MOST_PARTS = 50

# What reports are labelled as; octets tell which of them it is.
_TYPES = frozenset(
    {
        *("application/gzip", "application/x-gzip", "application/tlsrpt+gzip"),
        *("application/zip", "application/x-zip", "application/x-zip-compressed"),
        *("application/xml", "text/xml", "application/octet-stream"),
        *("application/json", "application/tlsrpt+json"),
    }
)

# A fixed text of dkim-verify: nothing that a stranger chooses can hold an equals sign.
_PROVEN = re.compile(
    r"; dmarc=[a-z]+ \([^()]*\bfrom=proven\b[^()]*\) header\.from=([a-z0-9._-]+)"
)


def read(message: bytes, configuration: Configuration, now: float) -> Report:
    """
    Return the report in *message*.

    Raises:
        RefusedError: There is none, or it doesn't count.
    """
    try:
        parsed = message_from_bytes(message)
        reporter = authenticated(parsed, configuration.server)
        data = unpack(_attachment(parsed))
    except RecursionError:
        raise RefusedError("parts within parts without end") from None
    start = data[:100].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"{"):
        report = tls.parse(data, reporter)
    elif start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        report = dmarc.parse(data, reporter)
    else:
        raise RefusedError("an attachment that is neither XML nor JSON")
    _require_ours(report, configuration)
    _require_time(report, configuration.keep_days, now)
    return report


def authenticated(message: Message, server: str) -> str:
    """
    Return the domain that *message* is proven to be from.

    *server* is our name. Postfix removes what strangers wrote into headers of that
    kind, and dkim-verify adds one.

    Raises:
        RefusedError: Neither SPF nor DKIM proves the domain in From.
    """
    for value in message.get_all("Authentication-Results", []):
        words = " ".join(str(value).split())
        if words.partition(";")[0].strip().lower() != server:
            continue
        if found := _PROVEN.search(words):
            return found[1]
    sender = printable(str(message.get("From", "")))
    raise RefusedError(f"not authenticated, as if from: {sender}")


def _attachment(message: Message) -> bytes:
    for part in islice(message.walk(), MOST_PARTS):
        if not part.is_multipart() and part.get_content_type() in _TYPES:
            payload = part.get_payload(decode=True)
            return payload if isinstance(payload, bytes) else b""
    raise RefusedError("no attachment that may be a report")


def _require_ours(report: Report, configuration: Configuration) -> None:
    for domain in (report.domain, *(each.domain for each in report.sessions)):
        if not configuration.is_ours(domain):
            raise RefusedError(f"about {domain}, which is not a domain of ours")


def _require_time(report: Report, keep_days: int, now: float) -> None:
    day = 86_400
    if not now - keep_days * day < report.ends < now + 2 * day:
        raise RefusedError("about a time that is long ago, or has not come yet")
    if not 0 <= report.ends - report.begins <= 32 * day:
        raise RefusedError("about a time that ends before it begins, or is too long")
