"""Forwarded mail is sealed with what was found when it came in (RFC 8617)."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from mail_auth.dkim.key_lookup import KeyFinder
from mail_auth.signing.arc_seal import Key, NotSealableError, arc_set
from mail_auth.verifying.arc import verify

from tests.support.images.zone import Zone

_KEY = generate_private_key(65537, 2048)
_PEM = _KEY.private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
).decode()
_PUBLIC = base64.b64encode(
    _KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
)
_ZONE = {
    f"s._domainkey.{domain}": b"v=DKIM1; k=rsa; p=" + _PUBLIC
    for domain in ("example.org", "other.test")
}
_COVERED = ["from", "from", "subject", "subject"]
_LETTER = b"From: a@out.test\r\nSubject: s\r\n\r\nhello\r\n"


def _received(message: bytes, arc: str, server: str = "mail.example.org") -> bytes:
    """Put the results of *server* on top of *message*, as our verifier does."""
    found = (
        f"{server};\r\n\tspf=pass (it names it) smtp.mailfrom=a@out.test;\r\n\t"
        f"dmarc=pass (p=none dis=none from=proven) header.from=out.test;\r\n\t"
        f"arc={arc} (a reason)"
    )
    return f"Authentication-Results: {found}\r\n".encode() + message


def _headers(message: bytes, domain: str = "example.org") -> list[tuple[str, str]]:
    key = Key(domain, "s", _PEM)
    return arc_set(message, f"mail.{domain}", key, _COVERED)


def _sealed(message: bytes, domain: str = "example.org") -> bytes:
    """Put the seal on top of *message*, as Postfix does."""
    for name, value in _headers(message, domain):
        line = f"{name}: {value}\n".replace("\n", "\r\n")
        message = line.encode() + message
    return message


def _verified(message: bytes) -> tuple[str, str]:
    found = verify(message, KeyFinder(Zone(_ZONE).resolver(), 1024))
    return found.result, found.reason


_OTHERS = _sealed(_received(_LETTER, "none", "mail.other.test"), "other.test")


def test_message_without_a_chain_gets_the_first_seal():
    """It verifies, holds our results, and the message below is untouched."""
    message = _received(_LETTER, "none")

    sealed = _sealed(message)

    assert sealed.endswith(message)
    assert _verified(sealed) == ("pass", "1 sealed, the last by example.org")
    found = dict(_headers(message))
    assert list(found) == [
        "ARC-Authentication-Results",
        "ARC-Message-Signature",
        "ARC-Seal",
    ]
    told = found["ARC-Authentication-Results"]
    assert told.startswith("i=1; mail.example.org;")
    assert "spf=pass smtp.mailfrom=a@out.test" in told
    assert "dmarc=pass header.from=out.test" in told
    assert "cv=none" in found["ARC-Seal"]


def test_chain_that_holds_is_continued():
    """The second set covers the first, and says that it passed."""
    sealed = _sealed(_received(_OTHERS, "pass"))

    assert _verified(sealed) == ("pass", "2 sealed, the last by example.org")
    assert b"ARC-Seal: i=2; cv=pass;" in sealed


def test_chain_that_is_broken_is_continued_as_broken():
    """Nobody takes it for a chain that holds."""
    changed = _OTHERS.replace(b"hello", b"changed")
    sealed = _sealed(_received(changed, "fail"))

    assert b"ARC-Seal: i=2; cv=fail;" in sealed
    assert _verified(sealed) == ("fail", "broken already when set 2 was added")


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (_LETTER, "no Authentication-Results of mail.example.org"),
        (
            _received(_LETTER, "none", "mail.forged.test"),
            "no Authentication-Results of mail.example.org",
        ),
        (_received(_LETTER, "pass"), "No existing chain found"),
        (_received(_OTHERS, "none"), "no Authentication-Results"),
        (
            _received(_sealed(_received(_OTHERS, "fail")), "fail"),
            "its chain has ended",
        ),
        (
            _received(b"ARC-Seal: i=50; cv=none; a=b\r\n" + _LETTER, "fail"),
            "Maximum instance",
        ),
        (_received(b"ARC-Seal: i=1; i=1\r\n" + _LETTER, "fail"), "seal is malformed"),
        (_received(b"no header\r\n" + _LETTER, "none"), "Unexpected characters"),
    ],
)
def test_message_that_can_not_be_sealed_is_left_alone(message, why):
    """The signer logs why, and it is forwarded without a seal."""
    with pytest.raises(NotSealableError, match=why):
        _headers(message)


def test_fault_of_the_library_is_no_reason_to_keep_a_message(monkeypatch, capsys):
    """The message leaves without a seal, and the log shows the fault."""

    def broken(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("authres.AuthenticationResultsHeader.parse", broken)

    with pytest.raises(NotSealableError, match="could not be processed"):
        _headers(_received(_LETTER, "none"))
    assert "RecursionError" in "".join(capsys.readouterr())
