"""Which signatures a published key is good for (RFC 6376, sections 3.6.1 and 6.1.2)."""

import base64
import re
import time

import dkim
import nacl.signing
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from mail_auth.dkim.key_lookup import KeyFinder
from mail_auth.dkim.verification import verdicts
from mail_auth.verifying import arc

from tests.support.images.zone import Zone

_MESSAGE = b"From: s@out.test\r\nTo: alice@a.test\r\nSubject: s\r\n\r\nhello\r\n"
_RSA = generate_private_key(65537, 2048)
_PEM = _RSA.private_bytes(
    Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
)
_P = base64.b64encode(
    _RSA.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()
_ED25519 = nacl.signing.SigningKey(bytes(range(32)))
_SEED = base64.b64encode(bytes(_ED25519))
_ED25519_P = base64.b64encode(bytes(_ED25519.verify_key)).decode()

# Where the data of the key goes.
_PLACE = r"(?<![A-Za-z0-9+/])P(?![A-Za-z0-9+/=])"

_OTHER_HASH = "the key does not allow this hash algorithm"
_OTHER_SERVICE = "the key is for another service than mail"
_OTHER_KIND = "the key is of another kind than the signature"
_BELOW = "the key allows no identity below its domain"
_MALFORMED = "the key record is malformed"

# A record, with P for the key's own data, and why it is no key for the signature.
RECORDS = [
    ("p=P", ""),
    ("v=DKIM1; p=P", ""),
    ("v=DKIM1;k=rsa;p=P;", ""),
    (" v = DKIM1 ;\tk = rsa ; p = P ; ", ""),
    ("v=DKIM1; x=unknown; n=a note, with = in it; p=P", ""),
    ("v=dkim1; p=P", _MALFORMED),
    ("v=DKIM2; p=P", _MALFORMED),
    ("v=; p=P", _MALFORMED),
    ("p=P; v=DKIM1", _MALFORMED),
    ("v=DKIM1; p=P; p=P", _MALFORMED),
    ("v=DKIM1; t=y; t=s; p=P", _MALFORMED),
    ("v=DKIM1; p=P; nonsense", _MALFORMED),
    ("v=DKIM1; k=rsa", _MALFORMED),
    ("v=DKIM1; p=*P", _MALFORMED),
    ("v=DKIM1; p=", "the key was revoked"),
    ("v=DKIM1; P=P; p= ", "the key was revoked"),
    ("v=DKIM1; k=dsa; p=P", "the key is of a kind that is not known"),
    ("v=DKIM1; k=RSA; p=P", "the key is of a kind that is not known"),
    (f"v=DKIM1; k=ed25519; p={_ED25519_P}", _OTHER_KIND),
    ("v=DKIM1; h=sha256; p=P", ""),
    ("v=DKIM1; h=sha1:sha256; p=P", ""),
    ("v=DKIM1; h = sha512 : sha256 ; p=P", ""),
    ("v=DKIM1; h=sha1; p=P", _OTHER_HASH),
    ("v=DKIM1; h=sha1:sha512; p=P", _OTHER_HASH),
    ("v=DKIM1; h=SHA256; p=P", _OTHER_HASH),
    ("v=DKIM1; h=; p=P", _OTHER_HASH),
    ("v=DKIM1; s=*; p=P", ""),
    ("v=DKIM1; s=email; p=P", ""),
    ("v=DKIM1; s=other:email; p=P", ""),
    ("v=DKIM1; s = tlsrpt : * ; p=P", ""),
    ("v=DKIM1; s=other; p=P", _OTHER_SERVICE),
    ("v=DKIM1; s=tlsrpt; p=P", _OTHER_SERVICE),
    ("v=DKIM1; s=emails:web; p=P", _OTHER_SERVICE),
    ("v=DKIM1; s=; p=P", _OTHER_SERVICE),
    ("v=DKIM1; t=y; p=P", ""),
    ("v=DKIM1; t=s; p=P", ""),
    ("v=DKIM1; t=unknown; p=P", ""),
]


def _keys(*records):
    texts = [re.sub(_PLACE, _P, record) for record in records]
    return KeyFinder(Zone({"s._domainkey.out.test": texts}).resolver(), 1024)


def _signed(domain=b"out.test", **how):
    return dkim.DKIM(_MESSAGE).sign(b"s", domain, _PEM, **how) + _MESSAGE


def _judged(message, *records):
    [verdict] = verdicts(message, _keys(*records))
    return verdict[:2]


@pytest.mark.parametrize(("record", "unfit"), RECORDS)
def test_key_verifies_only_the_signatures_it_allows(record, unfit):
    """h=, k=, s= and v= are limits; what isn't known in a record is passed over."""
    expected = ("permerror", unfit) if unfit else ("pass", "2048-bit rsa key")

    assert _judged(_signed(), record) == expected


@pytest.mark.parametrize(("record", "unfit"), RECORDS)
def test_key_restrictions_apply_to_arc_seals(record, unfit):
    """A chain is proven by keys of the same kind (RFC 8617, section 4.1)."""
    results = b"Authentication-Results: out.test; arc=none\r\n" + _MESSAGE
    added = dkim.arc_sign(results, b"s", b"out.test", _PEM, b"out.test")

    chain = arc.verify(b"".join(added) + _MESSAGE, _keys(record))

    sealed = "1 sealed, the last by out.test"
    assert chain[:2] == (("fail", unfit) if unfit else ("pass", sealed))


@pytest.mark.parametrize(
    ("record", "identity", "unfit"),
    [
        ("v=DKIM1; t=s; p=P", b"a@out.test", ""),
        ("v=DKIM1; t=s; p=P", b"@out.test", ""),
        ("v=DKIM1; t=s; p=P", b"a@b.out.test", _BELOW),
        ("v=DKIM1; t=y:s; p=P", b"@b.out.test", _BELOW),
        ("v=DKIM1; t = x : s ; p=P", b"a@b.out.test", _BELOW),
        ("v=DKIM1; t=y; p=P", b"a@b.out.test", ""),
        ("v=DKIM1; p=P", b"a@b.out.test", ""),
    ],
)
def test_key_with_flag_s_requires_identity_of_its_exact_domain(record, identity, unfit):
    """With t=s, what follows the @ in i= is d=, and no name below it."""
    expected = ("permerror", unfit) if unfit else ("pass", "2048-bit rsa key")

    assert _judged(_signed(identity=identity), record) == expected


def test_key_type_must_match_signature_algorithm():
    """The kind is that of a=: dkimpy goes by the key alone."""
    message = dkim.DKIM(_MESSAGE).sign(
        b"s", b"out.test", _SEED, signature_algorithm=b"ed25519-sha256"
    )
    ours = f"v=DKIM1; k=ed25519; h=sha256; p={_ED25519_P}"

    assert _judged(message + _MESSAGE, ours) == ("pass", "256-bit ed25519 key")
    assert _judged(message + _MESSAGE, "p=P") == ("permerror", _OTHER_KIND)


@pytest.mark.parametrize(
    ("records", "result"),
    [
        (["v=spf1 -all", "v=DMARC1; p=reject", "v=DKIM1; p=P"], "pass"),
        (["v=DKIM1; p=", "v=DKIM1; p=P"], "pass"),
        (["v=DKIM1; h=sha1; p=P", "v=DKIM1; h=sha256; p=P"], "pass"),
        (["v=DKIM1; h=sha1; p=P", "v=DKIM1; s=web; p=P"], "permerror"),
        (["v=DKIM1; p="] * 5 + ["v=DKIM1; p=P"], "permerror"),
        (["v=DMARC1; p=reject"], "permerror"),
    ],
)
def test_first_fitting_key_record_of_several_is_used(records, result):
    """Others may be at the name, and old keys; a flood of them is not looked at."""
    assert _judged(_signed(), *records)[0] == result


def test_broken_signature_with_testing_key_fails():
    """t=y: it proves nothing, and nothing more follows."""
    changed = _signed().replace(b"hello", b"hullo")

    assert _judged(changed, "v=DKIM1; t=y; p=P")[0] == "fail"


@pytest.mark.parametrize(
    ("old", "new", "result"),
    [
        (b"i=@out.test", b"i=out.test", ("neutral", "malformed signature")),
        (b"i=@out.test", b"i=@other.test", ("neutral", "malformed signature")),
        (b"i=@out.test", b"i=@notout.test", ("neutral", "malformed signature")),
        (b"q=dns/txt", b"q=dns/txt; q=dns/txt", ("neutral", "malformed signature")),
        (b"v=1", b"v=2", ("neutral", "malformed signature")),
        (b"t=", b"l=x; t=", ("neutral", "malformed signature")),
        (b"t=", b"x=1; t=", ("policy", "the signature has expired")),
    ],
)
def test_unverifiable_signature_is_told_before_a_key_lookup(old, new, result):
    """What can't be read, or is past, is told before a key is looked for."""
    assert _judged(_signed().replace(old, new), "p=P") == result


def test_signature_from_the_future_is_policy():
    """An honest clock is not a day ahead."""
    now = str(int(time.time())).encode()[:5]
    message = _signed().replace(b"t=" + now, b"t=9" + now)

    assert _judged(message, "p=P") == ("policy", "the signature is from the future")


def _tagged(monkeypatch, tag, value):
    """Have dkimpy sign what it wouldn't write: *tag* with *value*."""
    original = dkim.DKIM.gen_header

    def other(self, fields, *others, **named):
        kept = [field for field in fields if field[0] not in (tag, b"b")]
        fields = [*kept, (tag, value), (b"b", b"0" * 60)]
        return original(self, fields, *others, **named)

    monkeypatch.setattr(dkim.DKIM, "gen_header", other)


def test_body_length_beyond_the_body_is_permerror(monkeypatch):
    """l= must not be larger than the text (section 3.5): something was cut off."""
    _tagged(monkeypatch, b"l", b"900")

    expected = ("permerror", "l= is more than the whole text")
    assert _judged(_signed(), "p=P") == expected


@pytest.mark.parametrize(
    ("seconds", "result"),
    [(60, "pass"), (-60, "pass"), (-900, "policy"), (-(10**6), "policy")],
)
def test_expired_signature_is_policy(monkeypatch, seconds, result):
    """After x= it proves nothing (section 3.5), but for clocks that go a bit wrong."""
    now = time.time()
    _tagged(monkeypatch, b"x", b"%d" % (now + seconds))
    monkeypatch.setattr(time, "time", lambda: now - 10**7)
    message = _signed()
    monkeypatch.undo()

    assert _judged(message, "p=P")[0] == result
