"""
DANE: the certificate that a mail server must have, as a signed DNS record (RFC 7672).

Postfix looks it up itself and checks the server against it. Here we only find out
whether there is one, because then Postfix must insist on it.
"""

import asyncio

from tls_policy.destination import Destination
from tls_policy.dns_lookup import Answer, Ask, UnansweredError

# What Postfix can check (RFC 7672, section 3.1): DANE-TA and DANE-EE, the certificate
# or its key, as a whole or as a digest.
_USAGES, _SELECTORS, _MATCHING = {2, 3}, {0, 1}, {0, 1, 2}


async def proven_host(to: Destination, ask: Ask) -> str | None:
    """
    Return a mail server of *to* for which a TLSA record is proven, or None.

    A server whose addresses nobody knows now counts as one that can't be reached: it
    is left out while another can be.

    Raises:
        UnansweredError: Whether there is such a record can't be found out now.
    """
    hosts = [to.name] if to.is_host else await _mail_servers(to.name, ask)
    looks = [_has_record(host, to.port, ask) for host in hosts]
    found = await asyncio.gather(*looks, return_exceptions=True)
    for host, each in zip(hosts, found, strict=True):
        if each is True:
            return host
    failures = [each for each in found if isinstance(each, BaseException)]
    for each in failures:
        if len(failures) == len(hosts) or not isinstance(each, _UnreachableError):
            raise each
    return None


class _UnreachableError(UnansweredError):
    """Nobody knows the addresses of a mail server."""


async def _mail_servers(domain: str, ask: Ask) -> list[str]:
    """Return the names that are proven to be mail servers of *domain*."""
    answer = await ask(domain, "MX")
    if not answer.is_secure:
        return []
    if not answer.records:
        # Without MX the domain itself is the server (RFC 5321, section 5.1).
        return [domain]
    names = [
        each.exchange.to_text(omit_final_dot=True).lower() for each in answer.records
    ]
    # "." stands for none at all (RFC 7505).
    return [name for name in names if name not in (".", "@", "")]


async def _has_record(host: str, port: int, ask: Ask) -> bool:
    """Tell whether *host* has a TLSA record that Postfix can check it against."""
    addresses = await _addresses(host, ask)
    # Where the address is not signed, neither is TLSA; and many name servers of such
    # zones fail when they are asked for it (RFC 7672, section 2.1.2).
    if not addresses.records or not addresses.is_secure:
        return False
    for name in dict.fromkeys([addresses.name, host]):
        answer = await ask(f"_{port}._tcp.{name}", "TLSA")
        if answer.is_secure and any(map(_is_usable, answer.records)):
            return True
    return False


async def _addresses(host: str, ask: Ask) -> Answer:
    try:
        answer = await ask(host, "A")
        return answer if answer.records else await ask(host, "AAAA")
    except UnansweredError as error:
        raise _UnreachableError(str(error)) from None


def _is_usable(record: object) -> bool:
    usage = getattr(record, "usage", None)
    selector = getattr(record, "selector", None)
    matching = getattr(record, "mtype", None)
    return usage in _USAGES and selector in _SELECTORS and matching in _MATCHING
