"""Looks up the public keys of one message's signatures, within one time limit."""

import time
from collections.abc import Callable

import dkim
import dns.exception
import dns.resolver

# A key is a stranger's data: these bound the arithmetic that he can have us do.
_LONGEST_RECORD = 4096
_LARGEST_RSA = 8192
_LARGEST_EXPONENT = 2**32

Resolve = Callable[[str, float], list[bytes]]
"""From name and seconds to the TXT records there; raises dns.exception.DNSException."""


class KeyUnavailableError(Exception):
    """The name servers don't answer: another time they may."""


class KeyUnusableError(Exception):
    """There is no key, or none that can be used; asking again won't help."""


class KeyUnacceptableError(Exception):
    """There is a key, but it is not one to rely on, or to spend time on."""


def resolve(name: str, seconds: float) -> list[bytes]:
    """Return the TXT records at *name*, by the system's resolver."""
    answer = dns.resolver.resolve(name, "TXT", lifetime=seconds, search=False)
    return [b"".join(record.strings) for record in answer]


class KeyFinder:
    """Finds DKIM keys for one message: its look-ups share *seconds* of time."""

    def __init__(
        self, seconds: float, shortest_rsa: int, resolve: Resolve = resolve
    ) -> None:
        self._end = time.monotonic() + seconds
        self._shortest_rsa = shortest_rsa
        self._resolve = resolve
        self._found: dict[bytes, bytes] = {}

    def __call__(self, name: bytes, timeout: float = 0) -> bytes:
        """
        Return the key record at *name*: what dkim.DKIM.verify wants of a dnsfunc.

        Raises:
            KeyUnavailableError: temperror of RFC 8601, section 2.7.1.
            KeyUnusableError: permerror there.
            KeyUnacceptableError: policy there.
        """
        if name not in self._found:
            self._found[name] = self._look_up(name.decode("utf-8", "replace"))
        record = self._found[name]
        self._check(name, record)
        return record

    def _look_up(self, name: str) -> bytes:
        remaining = self._end - time.monotonic()
        if remaining <= 0:
            raise KeyUnavailableError("no time left to look up the key")
        try:
            records = self._resolve(name, remaining)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            raise KeyUnusableError("no key at this name") from None
        except (
            dns.exception.Timeout,
            dns.resolver.NoNameservers,
            dns.resolver.NoResolverConfiguration,
        ):
            # Asked once: ten signatures of one silent domain cost one time limit.
            self._end = 0
            raise KeyUnavailableError("the name servers did not answer") from None
        except dns.exception.DNSException:
            raise KeyUnusableError("no key can be at this name") from None
        # A wildcard may answer with other records beside the key.
        return next((r for r in records if b"p=" in r), records[0])

    def _check(self, name: bytes, record: bytes) -> None:
        if len(record) > _LONGEST_RECORD:
            raise KeyUnacceptableError("the key record is too long")
        if _tag(record, b"p") == b"":
            raise KeyUnusableError("the key was revoked")
        try:
            key, size, kind, _ = dkim.evaluate_pk(name, record)
        except (dkim.DKIMException, ValueError, IndexError, TypeError):
            raise KeyUnusableError("the key record is malformed") from None
        if kind != b"rsa":
            return
        exponent = key["publicExponent"]
        if size > _LARGEST_RSA or exponent > _LARGEST_EXPONENT:
            raise KeyUnacceptableError(f"RSA key of {size} bits")
        if size < self._shortest_rsa:
            raise KeyUnacceptableError(f"RSA key of only {size} bits")


def _tag(record: bytes, name: bytes) -> bytes | None:
    tags = (part.partition(b"=") for part in record.split(b";"))
    return next((v.strip() for n, _, v in tags if n.strip() == name), None)
