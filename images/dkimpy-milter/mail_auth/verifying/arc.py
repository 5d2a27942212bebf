"""Verifies ARC (RFC 8617): the seals of the servers that forwarded a message."""

import re
from collections.abc import Iterator
from itertools import takewhile
from typing import NamedTuple

import authres
import dkim
from dkim.util import InvalidTagValueList, parse_tag_value

from mail_auth.dkim.key_lookup import (
    KeyFinder,
    KeyUnacceptableError,
    KeyUnavailableError,
)
from mail_auth.dkim.key_record import KeyUnusableError
from mail_auth.dkim.limits import MAX_HEADER_OCTETS, MAX_HEADERS
from mail_auth.dns.domain_names import a_labels
from mail_auth.headers import authentication_results
from mail_auth.milter import log

# No chain may have more (section 4.2.1).
_MOST_SETS = 50

_RESULTS = b"arc-authentication-results"
_SIGNATURE = b"arc-message-signature"
_SEAL = b"arc-seal"
_SET = (_RESULTS, _SIGNATURE, _SEAL)

Header = tuple[bytes, bytes]


class Sealed(NamedTuple):
    """One ARC set: what a forwarding server found, and the domain that sealed it."""

    sealer: str
    """The domain whose key sealed it, in lower case."""

    results: str
    """The value of its ARC-Authentication-Results, without the instance."""


class Chain(NamedTuple):
    """The result for the whole chain (section 4.4), and its sets if it passes."""

    result: str
    reason: str
    sets: tuple[Sealed, ...] = ()
    """From the newest to the first; none unless the result is pass."""

    claimed: str = ""
    """The domain that says it sealed last, proven or not."""

    unanswered: bool = False
    """Whether it fails only because name servers did not answer."""

    def __str__(self) -> str:
        return f"arc={self.result} ({self.reason})"


class _BrokenError(Exception):
    """Why a chain doesn't hold."""


class _Link(NamedTuple):
    """One set: its three headers, and the tags of two of them."""

    headers: dict[bytes, Header]
    signature: dict[bytes, bytes]
    seal: dict[bytes, bytes]


def verify(message: bytes, keys: KeyFinder) -> Chain:
    """
    Return what is proven of the ARC chain of *message* (section 5.2).

    Args:
        message: The whole message, with CRLF.
        keys: Finds the public keys.
    """
    try:
        parsed = dkim.ARC(message)
    except dkim.MessageFormatError:
        return Chain("fail", "malformed headers")
    found = [(n.lower(), v) for n, v in parsed.headers if n.lower() in _SET]
    if not found:
        return Chain("none", "no chain")
    claimed = ""
    try:
        _affordable(found, len(parsed.headers))
        links = _links(found)
        claimed = _sealer(links[-1])
        _holds(parsed, links, keys)
    except _BrokenError as error:
        return Chain("fail", str(error), claimed=claimed)
    except KeyUnavailableError as error:
        return Chain("fail", str(error), claimed=claimed, unanswered=True)
    except (KeyUnusableError, KeyUnacceptableError) as error:
        return Chain("fail", str(error), claimed=claimed)
    except (dkim.DKIMException, ValueError):
        return Chain("fail", "malformed set", claimed=claimed)
    except Exception:
        log.fault("an ARC chain could not be processed")
        return Chain("fail", "it could not be processed", claimed=claimed)
    sets = tuple(_sealed(link) for link in reversed(links))
    by = f"by {claimed}" if claimed else "by an odd domain"
    return Chain("pass", f"{len(sets)} sealed, the last {by}", sets, claimed)


def _affordable(found: list[Header], headers: int) -> None:
    if len(found) > _MOST_SETS * len(_SET):
        raise _BrokenError(f"{len(found)} headers are too many")
    if headers > MAX_HEADERS:
        raise _BrokenError(f"{headers} headers are too many")
    if any(len(value) > MAX_HEADER_OCTETS for _, value in found):
        raise _BrokenError("a header of it is too long")


def _links(found: list[Header]) -> list[_Link]:
    """Sort headers into sets, the first set first; each must be there and whole."""
    sets: dict[int, dict[bytes, Header]] = {}
    for name, value in found:
        number = _instance(name, value)
        if name in sets.setdefault(number, {}):
            raise _BrokenError(f"set {number} has a header twice")
        sets[number][name] = (name, value)
    if sorted(sets) != list(range(1, len(sets) + 1)):
        raise _BrokenError("a set is missing")
    for number, headers in sets.items():
        if len(headers) != len(_SET):
            raise _BrokenError(f"set {number} lacks a header")
    return [_link(sets[number]) for number in sorted(sets)]


def _instance(name: bytes, value: bytes) -> int:
    """Return the instance: the tag i=, with which ARC-Authentication-Results begin."""
    if name == _RESULTS:
        tag, _, number = value.partition(b";")[0].partition(b"=")
        number = number if tag.strip().lower() == b"i" else b""
    else:
        number = _tags(value).get(b"i", b"")
    if not number.strip().isdigit() or len(number) > 10:
        raise _BrokenError("a header has no number")
    return int(number)


def _tags(value: bytes) -> dict[bytes, bytes]:
    try:
        return dict(parse_tag_value(value))
    except InvalidTagValueList:
        raise _BrokenError("malformed header") from None


def _link(headers: dict[bytes, Header]) -> _Link:
    signature, seal = _tags(headers[_SIGNATURE][1]), _tags(headers[_SEAL][1])
    dkim.validate_signature_fields(
        signature, [b"i", b"a", b"b", b"bh", b"d", b"h", b"s"], True
    )
    dkim.validate_signature_fields(seal, [b"i", b"a", b"b", b"cv", b"d", b"s"], True)
    return _Link(headers, signature, seal)


def _holds(parsed: dkim.ARC, links: list[_Link], keys: KeyFinder) -> None:
    """Raise unless each set says that the chain before it passed, and verifies."""
    for number, link in enumerate(links, 1):
        if link.seal[b"cv"] != (b"none" if number == 1 else b"pass"):
            raise _BrokenError(f"broken already when set {number} was added")
        if b"h" in link.seal:
            raise _BrokenError(f"seal {number} has a tag that none may have")
    _text_is_whole(parsed, links[-1], keys)
    # The seals of a chain cover its sets, in their order, and nothing else.
    parsed.headers = [
        link.headers[name] for link in reversed(links) for name in reversed(_SET)
    ]
    for number, link in reversed(list(enumerate(links, 1))):
        covered = list(_SET * number)[:-1]
        tags = {**link.seal, b"c": b"relaxed/relaxed"}
        if not parsed.verify_sig(tags, covered, link.headers[_SEAL], keys.lookup(tags)):
            raise _BrokenError(f"seal {number} doesn't hold")


def _text_is_whole(parsed: dkim.ARC, newest: _Link, keys: KeyFinder) -> None:
    """Only the newest signature must hold: later changes break the older ones."""
    covered = [name.strip().lower() for name in newest.signature[b"h"].split(b":")]
    if b"from" not in covered or _SEAL in covered or b"l" in newest.signature:
        raise _BrokenError("the newest signature doesn't cover what it should")
    tags = {b"c": b"relaxed/relaxed", **newest.signature}
    try:
        holds = parsed.verify_sig(
            tags, covered, newest.headers[_SIGNATURE], keys.lookup(tags)
        )
    except dkim.ValidationError:
        holds = False
    if not holds:
        raise _BrokenError("changed since the last set was added")


def _sealed(link: _Link) -> Sealed:
    value = link.headers[_RESULTS][1].decode("ascii", "replace")
    return Sealed(_sealer(link), value.partition(";")[2])


def _sealer(link: _Link) -> str:
    return authentication_results.plain_domain(
        a_labels(link.seal[b"d"].decode("utf-8", "replace"))
    )


def dmarc_passes(chain: Chain, trusted: frozenset[str]) -> set[str]:
    """
    Return the authors' domains for which a trusted sealer recorded dmarc=pass.

    Sets count from the newest back to the first whose sealer is not *trusted*: that
    one could have written anything into the sets before its own (section 9.6).
    """
    believed = takewhile(lambda each: each.sealer in trusted, chain.sets)
    return {domain for each in believed for domain in _passes_in(each.results)}


def _passes_in(results: str) -> Iterator[str]:
    unfolded = re.sub(r"\r?\n", "", results).strip().rstrip(";")
    try:
        header = authres.AuthenticationResultsHeader.parse_value(unfolded)
    except (authres.AuthResError, RecursionError):
        return
    for found in header.results:
        # A list of results may hold the word none, which is no result.
        if not isinstance(found, authres.AuthenticationResult):
            continue
        if (found.method, found.result) == ("dmarc", "pass"):
            for each in found.properties:
                if (each.type, each.name) == ("header", "from"):
                    yield each.value.lower()
