"""
The Sender Rewriting Scheme: a sender's address, kept inside of one of ours.

    SRS0=HASH=DAY=domain=name@ours    for name@domain
    SRS1=HASH=other==X@ours           for SRS0=X@other, which another forwarder made

Source: M. Wong, "Sender Rewriting Scheme", 2004, https://www.libsrs2.net/srs/srs.pdf.
What the paper calls opaque is ours to choose: the hash is 40 bits of HMAC-SHA256 in
base32, which has no case, as servers on the way may change that of a local part.
"""

import base64
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from srs_table.address import Address

# Octets of an address: five of the hash are eight of base32.
_HASH_OCTETS = 5

_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_DAYS = len(_DIGITS) ** 2  # after which their two digits are used again
_DAY = 86_400  # seconds

# The separator after the tag may be another one; that of SRS0 is kept within SRS1.
_SRS0 = re.compile(r"SRS0([-+=].*)", re.IGNORECASE | re.DOTALL)
_SRS1 = re.compile(r"SRS1[-+=][^=]*=([^=]+)=([-+=].*)", re.IGNORECASE | re.DOTALL)
_OURS0 = re.compile(
    r"SRS0[-+=]([^=]+)=([A-Z2-7]{2})=([^=]+)=(.+)", re.IGNORECASE | re.DOTALL
)
_OURS1 = re.compile(r"SRS1[-+=]([^=]+)=([^=]+)=([-+=].*)", re.IGNORECASE | re.DOTALL)


class ForgedError(Exception):
    """Nobody with one of our secrets has made this address."""


class ExpiredError(Exception):
    """The address was made too long ago."""


@dataclass(frozen=True)
class Scheme:
    """How senders are rewritten."""

    domain: str
    """The domain of the addresses that are made, and the only one they are for."""

    secrets: Sequence[bytes]
    """The first one signs, and all of them verify. At least one."""

    max_age: int
    """Days for which an address is good."""

    now: Callable[[], float]
    """The time, in seconds of the epoch."""

    def is_ours(self, address: Address) -> bool:
        """Tell whether *address* looks like one that was made here."""
        tagged = _SRS0.fullmatch(address.local) or _SRS1.fullmatch(address.local)
        return bool(tagged) and address.domain.lower() == self.domain

    def forward(self, sender: Address) -> Address:
        """Return the address of ours that leads back to *sender*."""
        if other := _SRS1.fullmatch(sender.local):
            return self._shortcut(*other.groups())
        if other := _SRS0.fullmatch(sender.local):
            return self._shortcut(sender.domain, other[1])
        tens, ones = divmod(self._day(), len(_DIGITS))
        parts = (_DIGITS[tens] + _DIGITS[ones], sender.domain, sender.local)
        digest = _digest(self.secrets[0], *parts)
        return Address(f"SRS0={digest}={'='.join(parts)}", self.domain)

    def reverse(self, address: Address) -> Address:
        """
        Return the sender that *address*, one of ours, was made for.

        Raises:
            ForgedError: It was not made here, or was changed since.
            ExpiredError: It was made more than `max_age` days ago.
        """
        if found := _OURS1.fullmatch(address.local):
            digest, domain, rest = found.groups()
            self._verify(digest, domain, rest)
            return Address(f"SRS0{rest}", domain)
        if not (found := _OURS0.fullmatch(address.local)):
            raise ForgedError
        digest, day, domain, local = found.groups()
        self._verify(digest, day, domain, local)
        if self._age(day) > self.max_age:
            raise ExpiredError
        return Address(local, domain)

    def _shortcut(self, domain: str, rest: str) -> Address:
        # However often it is forwarded, the address grows no further.
        digest = _digest(self.secrets[0], domain, rest)
        return Address(f"SRS1={digest}={domain}={rest}", self.domain)

    def _verify(self, digest: str, *parts: str) -> None:
        told = digest.upper().encode()
        made = [_digest(secret, *parts).encode() for secret in self.secrets]
        # All are compared, each in constant time.
        if not any([hmac.compare_digest(told, each) for each in made]):
            raise ForgedError

    def _day(self) -> int:
        return int(self.now() // _DAY) % _DAYS

    def _age(self, day: str) -> int:
        tens, ones = map(_DIGITS.index, day.upper())
        return (self._day() - (tens * len(_DIGITS) + ones)) % _DAYS


def _digest(secret: bytes, *parts: str) -> str:
    """Return the hash of *parts*, of which each but the last has no `=` in it."""
    # The case may change on the way. Postfix folds it for access(5): ß becomes ss.
    text = "=".join(parts).casefold().encode("utf-8", "surrogateescape")
    digest = hmac.digest(secret, text, "sha256")[:_HASH_OCTETS]
    return base64.b32encode(digest).decode()
