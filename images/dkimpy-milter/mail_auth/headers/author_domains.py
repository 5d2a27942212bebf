"""Whom a message says it is from, as far as DMARC has to know: domains."""

from collections.abc import Iterable

from mail_auth.dns.domain_names import a_labels
from mail_auth.headers import authentication_results, malformed_addresses
from mail_auth.headers.addresses import AddressError, parse

# What one message may have us do (RFC 9989, section 11.5): domains, and octets.
_MOST_DOMAINS = 5
_LONGEST = 4096


class HiddenAuthorError(Exception):
    """From: is made so that nobody can tell whom it names, among many or at all."""


def domains(values: list[bytes]) -> list[str]:
    """
    Return the domains in all From: headers, each once, as A-labels in lower case.

    Of a header that is malformed, those that a reader may see there. None is given
    for what has no domain at all, or no header.

    Args:
        values: The unfolded values of the headers.

    Raises:
        HiddenAuthorError: There are more than would be looked at, or one of the
            headers has an @ and no way to read it gives a domain.
    """
    if sum(map(len, values)) > _LONGEST:
        raise HiddenAuthorError("From: is too long")
    found: dict[str, None] = {}
    for value in values:
        found |= dict.fromkeys(_written(value.decode("utf-8", "replace")))
    if len(found) > _MOST_DOMAINS:
        raise HiddenAuthorError(f"From: names {len(found)} domains")
    return list(found)


def _written(text: str) -> list[str]:
    try:
        written = [a_labels(address.domain) for address in parse(text)]
    except AddressError:
        written = []
    if written and all(written):
        return _plain(written)
    found = _plain(map(a_labels, malformed_addresses.possible_domains(text)))
    if "@" in text and not found:
        raise HiddenAuthorError("From: has an @ and no domain")
    return found


def _plain(domains: Iterable[str]) -> list[str]:
    return list(filter(None, map(authentication_results.plain_domain, domains)))
