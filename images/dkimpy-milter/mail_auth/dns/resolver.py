"""Looks up names for one message: within one time limit, and each name once."""

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import dns.exception
import dns.rdatatype
import dns.resolver

# Seconds for our own resolver to answer a name that it serves itself.
_TIMEOUT = 2.0
# A name that our own resolver serves; any other resolver answers NXDOMAIN.
_ALIVE = "alive.resolver.internal."


class UnansweredError(Exception):
    """The name servers do not answer now; they may answer later."""


class Answer(NamedTuple):
    """
    What is at a name: TXT as bytes, MX as (preference, host), others as text.

    Names come without their last dot.
    """

    records: list[Any]
    exists: bool = True
    """Whether there is such a name, or one below it (RFC 8020)."""


Ask = Callable[[str, str, float], Answer]
"""From a name, a type of record and seconds; raises UnansweredError."""


def ask(name: str, kind: str, seconds: float) -> Answer:
    """Ask the system's resolver for the records of a *kind* at *name*."""
    try:
        answer = dns.resolver.resolve(
            name, kind, lifetime=seconds, search=False, raise_on_no_answer=False
        )
    except dns.resolver.NXDOMAIN:
        return Answer([], exists=False)
    except (
        dns.exception.Timeout,
        dns.resolver.NoNameservers,
        dns.resolver.NoResolverConfiguration,
    ):
        raise UnansweredError("the name servers did not answer") from None
    except (dns.exception.DNSException, UnicodeError):
        # The text is no valid name.
        return Answer([], exists=False)
    return Answer([_plain(record) for record in answer.rrset or ()])


class Resolver:
    """Does the look-ups of one message, within *seconds* for all together."""

    def __init__(self, seconds: float, ask: Ask = ask) -> None:
        self._end = time.monotonic() + seconds
        self._ask = ask
        self._known: dict[tuple[str, str], Answer | UnansweredError] = {}

    def look_up(self, name: str, kind: str = "TXT") -> Answer:
        """
        Return what is at *name*, an ASCII domain name, with or without its last dot.

        Raises:
            UnansweredError: Nobody answered, or there was no time left to ask.
        """
        key = (name.rstrip(".").lower(), kind)
        if key not in self._known:
            self._known[key] = self._answer(*key)
        known = self._known[key]
        if isinstance(known, UnansweredError):
            raise known
        return known

    def is_alive(self) -> bool:
        """Tell whether our own resolver answers at all, be it NXDOMAIN."""
        try:
            self._ask(_ALIVE, "TXT", _TIMEOUT)
        except UnansweredError:
            return False
        return True

    def _answer(self, name: str, kind: str) -> Answer | UnansweredError:
        # Half of the time left: the sender chooses the names, and one silent name
        # server must not use up the time of the others.
        seconds = (self._end - time.monotonic()) / 2
        if seconds < 0.01:
            return UnansweredError("no time left to look it up")
        try:
            return self._ask(f"{name}.", kind, seconds)
        except UnansweredError as error:
            return error


def _plain(record: Any) -> object:
    if record.rdtype == dns.rdatatype.TXT:
        return b"".join(record.strings)
    if record.rdtype == dns.rdatatype.MX:
        return record.preference, record.exchange.to_text(omit_final_dot=True)
    if record.rdtype == dns.rdatatype.PTR:
        return record.target.to_text(omit_final_dot=True)
    return str(record.address)
