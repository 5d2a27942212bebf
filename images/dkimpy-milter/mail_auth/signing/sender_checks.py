"""What is checked before a message is signed: sender, login, line lengths, rate."""

import sqlite3
from collections.abc import Callable
from math import ceil

from mail_auth.dns.domain_names import a_labels
from mail_auth.headers.addresses import Address, AddressError, parse
from mail_auth.headers.display_text import addresses_shown
from mail_auth.headers.line_length import MAX_LINE_OCTETS, first_long_line
from mail_auth.milter.rate_limit import RateLimit
from mail_auth.milter.refusal import RefusalError, deferred, rejected

Values = Callable[[str], list[bytes]]
"""From a header's name in lower case to its unfolded values."""


# Of a header that is refused, in characters: a reply is one line.
_QUOTED = 120


def authors(values: Values) -> list[Address]:
    """Return the addresses in From:, one or more; raises RefusalError otherwise."""
    return _parsed("From", _author_line(values))


def signing_domain(values: Values) -> str:
    """Return the domain in From:, as A-labels; raises RefusalError if two are."""
    domains = {address.domain for address in authors(values)}
    if len(domains) > 1:
        raise rejected("From: has addresses of several domains, we can sign for one")
    return domains.pop()


def check_ownership(
    login: str, values: Values, owners: Callable[[Address], set[str]]
) -> None:
    """
    Raise RefusalError unless each address in From: and Sender: is *login*'s.

    Text in display names that looks like an address must belong to *login*, too.
    """
    fields = [("From", _author_line(values))]
    fields += [("Sender", value) for value in values("sender")]
    for header, value in fields:
        written = map(_as_stored, addresses_shown(_text(value)))
        for address in [*_parsed(header, value, login), *written]:
            _owned(login, header, address, owners)


def check_login(login: str, holds: Callable[[str], bool]) -> None:
    """Raise RefusalError, which ends the session, unless *login* still *holds*."""
    try:
        if holds(login):
            return
    except sqlite3.Error as error:
        raise _unreadable(error) from None
    raise RefusalError(
        "421", "4.7.0", f"{login} was disabled or has another password now: log in anew"
    )


def check_line_lengths(message: bytes) -> None:
    """Raise RefusalError if Postfix would fold a line after signing."""
    if not (found := first_long_line(message)):
        return
    number, octets = found
    headers = message[: message.find(b"\r\n\r\n") + 2].count(b"\n")
    where, line = (
        ("headers", number) if number <= headers else ("text", number - headers - 1)
    )
    raise rejected(
        f"Line {line} of the {where} has {octets} octets, more than {MAX_LINE_OCTETS}"
        " (RFC 5322, 2.1.1): have your mail program wrap long lines, or send"
        " text as quoted-printable",
        "5.6.0",
    )


def check_rate(login: str, recipients: int, limit: int, rate: RateLimit) -> None:
    """Raise RefusalError when *login* sends to over *limit* an hour; 0 is no limit."""
    if not limit:
        return
    if recipients > limit:
        raise rejected(
            f"The message has {recipients} recipients, more than {login} may write to"
            f" in an hour ({limit}): send it to fewer at a time",
            "5.5.3",
        )
    if wait := rate.take(login, recipients, limit):
        raise RefusalError(
            "450",
            "4.7.1",
            f"{login} has written to as many as one may in an hour ({limit}):"
            f" try again in {ceil(wait / 60)} minutes",
        )


def _author_line(values: Values) -> bytes:
    found = values("from")
    if not found:
        raise rejected("The message has no From: header")
    if len(found) > 1:
        raise rejected(f"The message has {len(found)} From: headers, one is allowed")
    return found[0]


def _parsed(header: str, value: bytes, login: str = "") -> list[Address]:
    try:
        found = parse(_text(value))
    except AddressError as error:
        what = _text(value)[:_QUOTED]
        whose = f", so {what} can't be told to belong to {login}" if login else ""
        raise rejected(f"{header}: {error}{whose}") from None
    if not all(address.local.isascii() for address in found):
        raise rejected(
            f"{header}: has an address with letters beyond ASCII before its @;"
            " we have none such",
            "5.6.7",
        )
    return [_as_stored(address) for address in found]


def _as_stored(address: Address) -> Address:
    """Return *address* as the accounts have it, if its domain is one at all."""
    return address._replace(domain=a_labels(address.domain) or address.domain)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _owned(
    login: str,
    header: str,
    address: Address,
    owners: Callable[[Address], set[str]],
) -> None:
    if str(address).lower() == login.lower():
        return
    try:
        if login.lower() in owners(address):
            return
    except sqlite3.Error as error:
        raise _unreadable(error) from None
    raise rejected(f"<{address}> in {header}: does not belong to {login}")


def _unreadable(error: sqlite3.Error) -> RefusalError:
    return deferred(f"The accounts can't be read now ({error})", "4.3.0")
