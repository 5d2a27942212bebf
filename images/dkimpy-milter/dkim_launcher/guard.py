"""What a message must be before it is signed: honest about its sender, and whole."""

import sqlite3
from collections.abc import Callable

from dkim_launcher.addresses import Address, AddressError, NonAsciiAddressError, parse
from dkim_launcher.lines import LONGEST, too_long
from dkim_launcher.refusal import deferred, rejected

Values = Callable[[str], list[bytes]]
"""From a header's name in lower case to its unfolded values."""


def authors(values: Values) -> list[Address]:
    """Return the addresses in From:, one or more; raises RefusalError otherwise."""
    found = values("from")
    if not found:
        raise rejected("The message has no From: header")
    if len(found) > 1:
        raise rejected(f"The message has {len(found)} From: headers, one is allowed")
    return _parsed("From", found[0])


def signing_domain(values: Values) -> str:
    """Return the domain in From:, in lower case; raises RefusalError if two are."""
    domains = {address.domain for address in authors(values)}
    if len(domains) > 1:
        raise rejected("From: has addresses of several domains, we can sign for one")
    return domains.pop()


def belongs_to(
    login: str, values: Values, owners: Callable[[Address], set[str]]
) -> None:
    """Raise RefusalError unless each address in From: and Sender: is *login*'s."""
    for address in authors(values):
        _owned(login, "From", address, owners)
    for value in values("sender"):
        for address in _parsed("Sender", value):
            _owned(login, "Sender", address, owners)


def lines_fit(message: bytes) -> None:
    """Raise RefusalError when a line would be folded after the signature is made."""
    if not (found := too_long(message)):
        return
    number, octets = found
    headers = message[: message.find(b"\r\n\r\n") + 2].count(b"\n")
    where, line = (
        ("headers", number) if number <= headers else ("text", number - headers - 1)
    )
    raise rejected(
        f"Line {line} of the {where} has {octets} octets, more than {LONGEST}"
        " (RFC 5322, 2.1.1): have your mail program wrap long lines, or send"
        " text as quoted-printable",
        "5.6.0",
    )


def _parsed(header: str, value: bytes) -> list[Address]:
    try:
        return parse(value.decode("utf-8", "surrogateescape"))
    except NonAsciiAddressError as error:
        raise rejected(f"{header}: {error}; we have none such", "5.6.7") from None
    except AddressError as error:
        raise rejected(f"{header}: {error}") from None


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
        raise deferred(f"The accounts can't be read now ({error})", "4.3.0") from None
    raise rejected(f"<{address}> in {header}: does not belong to {login}")
