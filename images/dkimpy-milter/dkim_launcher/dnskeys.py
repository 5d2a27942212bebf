"""Finds the public keys of one message's signatures, and judges them."""

import dkim

from dkim_launcher.alabels import a_labels
from dkim_launcher.resolver import Resolver, UnansweredError

# A key is a stranger's data: these bound the arithmetic that he can have us do.
_LONGEST_RECORD = 4096
_LARGEST_RSA = 8192
_LARGEST_EXPONENT = 2**32


class KeyUnavailableError(Exception):
    """The name servers don't answer: another time they may."""


class KeyUnusableError(Exception):
    """There is no key, or none that can be used; asking again won't help."""


class KeyUnacceptableError(Exception):
    """There is a key, but it is not one to rely on, or to spend time on."""


class KeyFinder:
    """Finds DKIM keys for one message."""

    def __init__(self, resolver: Resolver, shortest_rsa: int) -> None:
        self._resolver = resolver
        self._shortest_rsa = shortest_rsa

    def __call__(self, name: bytes, timeout: float = 0) -> bytes:
        """
        Return the key record at *name*: what dkim.DKIM.verify wants of a dnsfunc.

        Raises:
            KeyUnavailableError: temperror of RFC 8601, section 2.7.1.
            KeyUnusableError: permerror there.
            KeyUnacceptableError: policy there.
        """
        record = self._look_up(name)
        self._check(name, record)
        return record

    def _look_up(self, name: bytes) -> bytes:
        if not (known := a_labels(name.decode("utf-8", "replace"))):
            raise KeyUnusableError("no key can be at this name")
        try:
            records: list[bytes] = self._resolver.look_up(known).records
        except UnansweredError as error:
            raise KeyUnavailableError(str(error)) from None
        if not records:
            raise KeyUnusableError("no key at this name")
        # A wildcard may answer with other records beside the key.
        return next((r for r in records if b"p=" in r), records[0])

    def _check(self, name: bytes, record: bytes) -> None:
        if len(record) > _LONGEST_RECORD:
            raise KeyUnacceptableError("the key record is too long")
        if _tag(record, b"p") == b"":
            raise KeyUnusableError("the key was revoked")
        try:
            key, size, _, _ = dkim.evaluate_pk(name, record)
        except (dkim.DKIMException, ValueError, IndexError, TypeError):
            raise KeyUnusableError("the key record is malformed") from None
        if key is None or size is None:
            raise KeyUnusableError("the key is for a service that is not known")
        # The others are of Ed25519, which has one size.
        if not isinstance(key, dict):
            return
        exponent = key["publicExponent"]
        if size > _LARGEST_RSA or exponent > _LARGEST_EXPONENT:
            raise KeyUnacceptableError(f"RSA key of {size} bits")
        if size < self._shortest_rsa:
            raise KeyUnacceptableError(f"RSA key of only {size} bits")


def _tag(record: bytes, name: bytes) -> bytes | None:
    tags = (part.partition(b"=") for part in record.split(b";"))
    return next((v.strip() for n, _, v in tags if n.strip() == name), None)
