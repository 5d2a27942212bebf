"""Looks up names through our resolver, which says what DNSSEC has proven."""

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.message
import dns.resolver

# Seconds for all questions about one name. The resolver itself gives up later.
_SECONDS = 8.0


class UnansweredError(Exception):
    """Nobody knows now: no name server answers, or what it says can't be proven."""


class Answer(NamedTuple):
    """What is at a name."""

    records: list[Any]
    """As dnspython has them; empty if there are none, or no such name."""

    is_secure: bool
    """Whether that was proven by DNSSEC (the AD bit), also that there is nothing."""

    name: str
    """The name that aliases (CNAME) have led to, without the last dot."""


Ask = Callable[[str, str], Awaitable[Answer]]
"""From a name, without its last dot, and a type of record; raises UnansweredError."""


def new_ask(resolver: dns.asyncresolver.Resolver) -> Ask:
    """Return what asks *resolver*, which believes nothing that DNSSEC proves wrong."""
    # With AD in a question the resolver says what it has proven (RFC 6840, 5.7).
    resolver.flags = dns.flags.RD | dns.flags.AD
    resolver.use_edns(0, 0, 1232)

    async def ask(name: str, kind: str) -> Answer:
        try:
            found = await resolver.resolve(
                f"{name}.",
                kind,
                lifetime=_SECONDS,
                search=False,
                raise_on_no_answer=False,
            )
        except dns.resolver.NXDOMAIN as error:
            return Answer([], _are_secure(error.kwargs["responses"].values()), name)
        except dns.resolver.NoNameservers:
            raise UnansweredError(
                f"{kind} of {name}: its name servers fail, or DNSSEC proves the answer"
                " wrong"
            ) from None
        except dns.exception.Timeout:
            raise UnansweredError(f"{kind} of {name}: no answer in time") from None
        except dns.exception.DNSException as error:
            raise UnansweredError(f"{kind} of {name}: {error}") from None
        led_to = found.canonical_name.to_text(omit_final_dot=True).lower()
        return Answer([*(found.rrset or ())], _are_secure([found.response]), led_to)

    return ask


def _are_secure(responses: Any) -> bool:
    return all(bool(each.flags & dns.flags.AD) for each in responses)
