"""What is proven of a chain of servers that passed a message on (RFC 8617)."""

import base64
import re
import time

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from mail_auth.dkim.key_lookup import KeyFinder
from mail_auth.verifying.arc import verify

from tests.support.images.unsigned_from import ToForFrom
from tests.support.images.zone import Zone

_MESSAGE = b"From: s@out.test\r\nTo: alice@a.test\r\nSubject: s\r\n\r\nhello\r\n"
_KEY = generate_private_key(65537, 2048)
_PEM = _KEY.private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
)
_PUBLIC = base64.b64encode(
    _KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)
_RECORD = b"v=DKIM1; k=rsa; p=" + _PUBLIC
_ZONE = {
    "s._domainkey.one.test": _RECORD,
    "s._domainkey.two.test": _RECORD,
    "s._domainkey.silent.test": Zone.SILENT,
}


def _sealed(message, domain, arc="none", selector=b"s", **how):
    """Pass *message* on, as a server of *domain* does."""
    results = (
        f"Authentication-Results: {domain}; arc={arc}; dmarc=pass header.from=out.test"
    )
    added = dkim.arc_sign(
        results.encode() + b"\r\n" + message,
        selector,
        domain.encode(),
        _PEM,
        domain.encode(),
        **how,
    )
    return b"".join(added) + message


_ONE = _sealed(_MESSAGE, "one.test")
_TWO = _sealed(_ONE, "two.test", "pass")
_CHANGED = "changed since the last set was added"


def _without(message, header):
    return re.sub(rb"(?m)^%s:.*\r\n(?:[ \t].*\r\n)*" % header, b"", message, count=1)


def _verify(message):
    return verify(message, KeyFinder(Zone(_ZONE).resolver(), 1024))


@pytest.mark.parametrize(
    ("message", "result", "reason"),
    [
        (_MESSAGE, "none", "no chain"),
        (_ONE, "pass", "1 sealed, the last by one.test"),
        (_TWO, "pass", "2 sealed, the last by two.test"),
        # A list adds its footer before it seals, which breaks older signatures only.
        (
            _sealed(_ONE + b"footer\r\n", "two.test", "pass"),
            "pass",
            "2 sealed, the last by two.test",
        ),
    ],
)
def test_chain_passes_only_if_every_seal_holds(message, result, reason):
    """Every set is there, every seal holds, and so does the newest signature."""
    assert _verify(message)[:2] == (result, reason)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (_ONE + b"footer\r\n", _CHANGED),
        (_ONE.replace(b"Subject: s", b"Subject: t"), _CHANGED),
        (b"From: x@evil.test\r\n" + _ONE, _CHANGED),
        (_ONE.replace(b"dmarc=pass", b"dmarc=fail"), "seal 1 doesn't hold"),
        (
            _TWO.replace(b"header.from=out.test", b"header.from=evil.test"),
            "seal 2 doesn't hold",
        ),
        (_without(_ONE, b"ARC-Seal"), "set 1 lacks a header"),
        (_without(_ONE, b"ARC-Message-Signature"), "set 1 lacks a header"),
        (_without(_ONE, b"ARC-Authentication-Results"), "set 1 lacks a header"),
        (_without(_TWO, b"ARC-Seal"), "set 2 lacks a header"),
        (_TWO.removesuffix(_ONE) + _MESSAGE, "a set is missing"),
        (b"ARC-Seal: nonsense\r\n" + _ONE, "malformed header"),
        (
            b"ARC-Authentication-Results: mx; spf=pass\r\n" + _ONE,
            "a header has no number",
        ),
        (
            b"ARC-Authentication-Results: i=1; mx; spf=pass\r\n" + _ONE,
            "set 1 has a header twice",
        ),
        (b"ARC-Seal: i=" + b"9" * 11 + b"\r\n" + _ONE, "a header has no number"),
        (
            b"ARC-Seal: xi=1; i=" + b"9" * 5000 + b"\r\n" + _ONE,
            "a header of it is too long",
        ),
        (
            _ONE.replace(b"dmarc=pass", b"x" * 5000),
            "a header of it is too long",
        ),
        (_sealed(_ONE, "two.test", "fail"), "broken already when set 2 was added"),
        (
            _ONE.replace(b"cv=none", b"cv=pass"),
            "broken already when set 1 was added",
        ),
        (
            _ONE.replace(b"ARC-Message-Signature: ", b"ARC-Message-Signature: l=3; "),
            "the newest signature doesn't cover what it should",
        ),
        (
            _ONE.replace(b"ARC-Seal: ", b"ARC-Seal: h=from; "),
            "seal 1 has a tag that none may have",
        ),
        (b"X: y\r\n" * 1000 + _ONE, "1006 headers are too many"),
        (
            re.sub(rb" h=", b" h=arc-seal : ", _ONE),
            "the newest signature doesn't cover what it should",
        ),
        (_sealed(_MESSAGE, "missing.test"), "no key at this name"),
        (_sealed(_MESSAGE, "silent.test"), "the name servers did not answer"),
    ],
)
def test_chain_failure_names_its_reason(message, reason):
    """Found before the arithmetic, which may be made to agree, or to take for ever."""
    assert _verify(message)[:2] == ("fail", reason)


def test_passing_chain_lists_sealers_and_results():
    """From the newest on; of a chain that isn't proven nothing is told."""
    sets = _verify(_TWO).sets

    assert [each.sealer for each in sets] == ["two.test", "one.test"]
    assert "dmarc=pass header.from=out.test" in sets[1].results
    assert _verify(_TWO + b"footer\r\n").sets == ()


def test_chain_passes_in_any_header_order():
    """A server on the way may sort headers; the sets are numbered."""
    first, second = _without(_TWO, b"ARC-Seal"), _TWO
    seal = second[: second.index(b"ARC-Message-Signature")]

    moved = first.replace(b"From: s@out.test", seal + b"From: s@out.test", 1)

    assert _verify(moved).result == "pass"


def test_unanswered_key_lookup_is_told_from_a_broken_chain():
    """A key that can't be looked up now makes no chain a forged one."""
    chain = _verify(_sealed(_MESSAGE, "silent.test"))

    assert (chain.unanswered, chain.claimed) == (True, "silent.test")
    assert not _verify(_ONE + b"x\r\n").unanswered


def test_the_newest_signature_must_cover_the_author():
    """Otherwise From: could be changed after a trusted server sealed."""
    covered = _sealed(_MESSAGE, "one.test", include_headers=[b"from", b"to"])
    bare = _sealed(_MESSAGE, "one.test", include_headers=[ToForFrom(b"to")])

    assert _verify(covered).result == "pass"
    assert "doesn't cover" in _verify(bare).reason


@pytest.mark.parametrize("sets", [51, 3000])
def test_too_many_arc_sets_are_not_verified(sets):
    """No more than fifty sets are looked at (4.2.1)."""
    one = b"ARC-Seal: i=%d; cv=pass; a=rsa-sha256; d=one.test; s=s; b=AAAA\r\n"
    flood = b"".join(
        one % n
        + one.replace(b"-Seal", b"-Message-Signature") % n
        + b"ARC-Authentication-Results: i=%d; mx; none\r\n" % n
        for n in range(sets, 0, -1)
    )
    began = time.monotonic()

    chain = _verify(flood + _MESSAGE)

    assert (chain.result, chain.reason[-9:]) == ("fail", " too many")
    assert time.monotonic() - began < 1


def test_verifying_fifty_arc_sets_is_fast():
    """The longest chain there may be is verified in well under a second."""
    message = _MESSAGE
    for n in range(50):
        message = _sealed(message, "one.test", "pass" if n else "none")
    began = time.monotonic()

    assert _verify(message).result == "pass"
    assert time.monotonic() - began < 2
