"""DNS lists of client addresses (RFC 5782), as in DNSBL and as Postfix has them."""

import re
from collections.abc import Sequence
from typing import Annotated, NamedTuple

from stack.config.types.names import name
from stack.config.types.text import read_by

# Four numbers, or ranges of them: 127.0.0.[2..11].
NUMBER = r"(?:[0-9]{1,3}|\[[0-9]{1,3}\.\.[0-9]{1,3}\])"
# DNSBL without any list. An empty key of .env would mean the default.
NONE = "none"

ENTRY = re.compile(
    rf"(?P<zone>[^=*]+)(?:=(?P<pattern>{NUMBER}(?:\.{NUMBER}){{3}}))?"
    r"(?:\*(?P<weight>-?[1-9][0-9]?))?"
)

# With this a list refuses a query: of a public resolver, or over its limit.
REFUSALS = (127, 255, 255)

# All answers that may list a client (RFC 5782 §2.1), without those refusals.
ANY_ANSWER = "127.[0..254].[0..255].[0..255]"


class Blocklist(NamedTuple):
    """A zone in which client addresses are looked up, and the weight of an answer."""

    zone: str
    pattern: str = ANY_ANSWER
    """Which answers count: addresses in 127.0.0.0/8 (postscreen_dnsbl_sites)."""
    weight: int = 1
    """What an answer adds to the client's sum; below zero it is an allowlist."""

    @classmethod
    def of(cls, text: str) -> "Blocklist":
        """
        Take apart *text*: zone, zone=pattern, zone*weight or zone=pattern*weight.

        Raises:
            ValueError: If it is something else, or its pattern has refusals.
        """
        found = ENTRY.fullmatch(text)
        if not found:
            raise ValueError(
                "must be ZONE, ZONE=ANSWERS, ZONE*WEIGHT or ZONE=ANSWERS*WEIGHT, like"
                " zen.spamhaus.org=127.0.0.[2..11]*2"
            )
        pattern = found["pattern"] or ANY_ANSWER
        numbers = [_range(each) for each in re.findall(NUMBER, pattern)]
        if not all(numbers) or max(each[-1] for each in numbers) > 255:
            raise ValueError("must have numbers from 0 to 255, and ranges that ascend")
        if all(number in each for number, each in zip(REFUSALS, numbers, strict=False)):
            raise ValueError(
                "must not count 127.255.255.x: with it a list refuses the query"
            )
        return cls(found["zone"], pattern, int(found["weight"] or 1))

    def __str__(self) -> str:
        """Write it as in .env, in the shortest form."""
        pattern = "" if self.pattern == ANY_ANSWER else f"={self.pattern}"
        weight = "" if self.weight == 1 else f"*{self.weight}"
        return f"{self.zone}{pattern}{weight}"

    @property
    def site(self) -> str:
        """
        Its form in postconf(5), postscreen_dnsbl_sites.

        Always with a pattern: without one, a refused query would count as a listing.
        """
        return f"{self.zone}={self.pattern}*{self.weight}"


def highest(found: Sequence[Blocklist]) -> int:
    """Return the score of an address that is on all of the lists *found*."""
    return sum(max(each.weight, 0) for each in found)


def _range(text: str) -> range:
    first, _, last = text.strip("[]").partition("..")
    return range(int(first), int(last or first) + 1)


def _lists(text: str) -> tuple[Blocklist, ...]:
    if text == NONE:
        return ()
    found: dict[tuple[str, str], Blocklist] = {}
    for item in text.split(","):
        try:
            each = Blocklist.of(item)
            key = (name(each.zone), each.pattern)
        except ValueError as error:
            raise ValueError(f"{error}: {item}") from None
        if key in found:
            raise ValueError(f"must name each list once: {item} is there twice")
        found[key] = each
    return tuple(found.values())


Dnsbl = Annotated[tuple[Blocklist, ...], read_by(_lists)]
