"""Whom a message says it is from, as far as DMARC has to know: domains."""

import idna

from dkim_launcher import verdict
from dkim_launcher.addresses import AddressError, parse
from dkim_launcher.names import seen

# What one message may have us do (RFC 9989, section 11.5): domains, and octets.
_MOST_DOMAINS = 5
_LONGEST = 4096


class TooManyError(Exception):
    """From: is made to hide somebody among many, or says nothing at such length."""


def domains(values: list[bytes]) -> list[str]:
    """
    Return the domains in all From: headers, each once, as A-labels in lower case.

    Of a header that is malformed, those that a reader may see there. None is given
    for what has no domain at all, or no header.

    Args:
        values: The unfolded values of the headers.

    Raises:
        TooManyError: There are more than would be looked at.
    """
    if sum(map(len, values)) > _LONGEST:
        raise TooManyError("From: is too long")
    found: dict[str, None] = {}
    for value in values:
        found |= dict.fromkeys(filter(None, map(_a_labels, _written(value))))
    if len(found) > _MOST_DOMAINS:
        raise TooManyError(f"From: names {len(found)} domains")
    return list(found)


def _written(value: bytes) -> list[str]:
    text = value.decode("utf-8", "replace")
    try:
        return [address.domain for address in parse(text)]
    except AddressError:
        return [address.domain for address in seen(text)]


def _a_labels(domain: str) -> str:
    if domain.isascii():
        return verdict.domain(domain.lower().rstrip("."))
    try:
        return verdict.domain(idna.encode(domain, uts46=True).decode().rstrip("."))
    except idna.IDNAError:
        return ""
