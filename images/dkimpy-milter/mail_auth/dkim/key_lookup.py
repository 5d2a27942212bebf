"""Looks up the public keys of a message's signatures, and checks their strength."""

from collections.abc import Callable, Mapping

import dkim

from mail_auth.dkim.key_record import KeyUnusableError, is_key, parse
from mail_auth.dns.domain_names import a_labels
from mail_auth.dns.resolver import Resolver, UnansweredError

# A stranger publishes the key: these bound the work of verifying with it.
_LONGEST_RECORD = 4096
_LARGEST_RSA = 8192
_LARGEST_EXPONENT = 2**32
# A name may have several keys (RFC 6376, section 3.6.2.2): so many are tried.
_MOST_KEYS = 5


class KeyUnavailableError(Exception):
    """The name servers do not answer now; they may answer later."""


class KeyUnacceptableError(Exception):
    """The key is too weak to rely on, or too large to verify with."""


class KeyFinder:
    """Finds DKIM keys for one message."""

    def __init__(self, resolver: Resolver, shortest_rsa: int) -> None:
        self._resolver = resolver
        self._shortest_rsa = shortest_rsa

    def lookup(self, signature: Mapping[bytes, bytes]) -> Callable[..., bytes]:
        """
        Return a dnsfunc for dkim.DKIM.verify: from a key's name to its record.

        *signature* is given by its tags.

        Raises:
            KeyUnavailableError: temperror of RFC 8601, section 2.7.1.
            KeyUnusableError: permerror there.
            KeyUnacceptableError: policy there.
        """

        def find(name: bytes, timeout: float = 0) -> bytes:
            return self._fitting(name, self._look_up(name), signature)

        return find

    def _look_up(self, name: bytes) -> list[bytes]:
        if not (known := a_labels(name.decode("utf-8", "replace"))):
            raise KeyUnusableError("no key can be at this name")
        try:
            records: list[bytes] = self._resolver.look_up(known).records
        except UnansweredError as error:
            raise KeyUnavailableError(str(error)) from None
        if not records:
            raise KeyUnusableError("no key at this name")
        # A wildcard may answer with other records beside the key.
        keys = [record for record in records if is_key(record)]
        return keys[:_MOST_KEYS] or records[:1]

    def _fitting(
        self, name: bytes, records: list[bytes], signature: Mapping[bytes, bytes]
    ) -> bytes:
        """Return the first of *records* that is a key for *signature*."""
        try:
            return self._checked(name, records[0], signature)
        except (KeyUnusableError, KeyUnacceptableError):
            if not records[1:]:
                raise
            return self._fitting(name, records[1:], signature)

    def _checked(
        self, name: bytes, record: bytes, signature: Mapping[bytes, bytes]
    ) -> bytes:
        if len(record) > _LONGEST_RECORD:
            raise KeyUnacceptableError("the key record is too long")
        key = parse(record)
        key.refuse_unfit(signature)
        self._refuse_weak(name, key.canonical())
        return key.canonical()

    def _refuse_weak(self, name: bytes, record: bytes) -> None:
        try:
            key, size, _, _ = dkim.evaluate_pk(name, record)
        except (dkim.DKIMException, ValueError, IndexError, TypeError):
            raise KeyUnusableError("the key record is malformed") from None
        # The others are of Ed25519, which has one size.
        if not isinstance(key, dict) or size is None:
            return
        exponent = key["publicExponent"]
        if size > _LARGEST_RSA or exponent > _LARGEST_EXPONENT:
            raise KeyUnacceptableError(f"RSA key of {size} bits")
        if size < self._shortest_rsa:
            raise KeyUnacceptableError(f"RSA key of only {size} bits")
