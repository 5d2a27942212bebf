"""The authors' domains of a message, which DMARC evaluates: those in From:."""

from collections.abc import Iterable

from mail_auth.dns.domain_names import a_labels
from mail_auth.headers import authentication_results, malformed_addresses
from mail_auth.headers.addresses import AddressError, parse

# Limits on the work for one message (RFC 9989, section 11.5): domains, octets.
_MOST_DOMAINS = 5
_LONGEST = 4096


class HiddenAuthorError(Exception):
    """From: hides its author: it names too many domains, or none that can be read."""


def domains(values: list[bytes]) -> list[str]:
    """
    Return the domains in all From: headers, each once, as A-labels in lower case.

    For a malformed header, these are all domains that some mail program may show.
    The list is empty if there is no From:, or it names no domain.

    Args:
        values: The unfolded values of the headers.

    Raises:
        HiddenAuthorError: There are too many domains, or a header has an @ and no
            reading of it gives a domain.
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
