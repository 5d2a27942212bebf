"""What the verifying milter says of a signature, whatever a stranger wrote in it."""

import base64
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
from mail_auth.dkim import canonicalization
from mail_auth.dkim.dkimpy_patches import SIGNATURE_VALUE
from mail_auth.dkim.key_lookup import KeyFinder
from mail_auth.dkim.key_record import KeyUnusableError
from mail_auth.dkim.verification import verdicts
from mail_auth.dns.resolver import Answer, Resolver, UnansweredError, ask
from mail_auth.headers.authentication_results import DKIMVerdict, authentication_results

from tests.support.images.unsigned_from import ToForFrom
from tests.support.images.zone import Zone

_MESSAGE = b"From: s@out.test\r\nTo: alice@a.test\r\nSubject: s\r\n\r\nhello\r\n"


def _rsa(bits):
    key = generate_private_key(65537, bits)
    public = key.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    pem = key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


_KEY, _RECORD = _rsa(2048)
_ZONE = Zone(
    {
        "s._domainkey.out.test": [b"other", _RECORD],
        "revoked._domainkey.out.test": "v=DKIM1; p=",
        "broken._domainkey.out.test": "v=DKIM1; p=AAAA",
        "other._domainkey.out.test": _RECORD + b"; s=web",
        "long._domainkey.out.test": "v=DKIM1; p=" + "A" * 5000,
        "s._domainkey.xn--nicode-2ya.test": _RECORD,
        "xn--s-zfa._domainkey.out.test": _RECORD,
        "short._domainkey.out.test": _rsa(1024)[1],
        "silent._domainkey.out.test": Zone.SILENT,
    }
)


def _signed(selector=b"s", domain=b"out.test", message=_MESSAGE, **how):
    signature = dkim.DKIM(message).sign(selector, domain, _KEY, **how)
    return signature + message


def _judged(message, minimum=1024):
    return verdicts(message, KeyFinder(_ZONE.resolver(), minimum))


@pytest.mark.parametrize(
    ("message", "result"),
    [
        (_MESSAGE, "none"),
        (_signed(), "pass"),
        (_signed().replace(b"hello", b"hullo"), "fail"),
        (_signed().replace(b"Subject: s", b"Subject: t"), "fail"),
        (b"From: x@evil.test\r\n" + _signed(), "fail"),
        (_signed(b"missing"), "permerror"),
        (_signed(b"revoked"), "permerror"),
        (_signed(b"broken"), "permerror"),
        (_signed(b"other"), "permerror"),
        (_signed(b"silent"), "temperror"),
        (_signed(b"long"), "policy"),
        (_signed().replace(b"a=rsa-sha256", b"a=rsa-sha1"), "policy"),
        (_signed(length=True), "pass"),
        (_signed(length=True) + b"added\r\n", "policy"),
        (b"DKIM-Signature: nonsense\r\n" + _MESSAGE, "neutral"),
        (b"DKIM-Signature: v=1; a=rsa-sha256\r\n" + _MESSAGE, "neutral"),
        (b"DKIM-Signature: " + b"x" * 5000 + b"\r\n" + _MESSAGE, "policy"),
        (b"X: y\r\n" * 1000 + _signed(), "policy"),
    ],
)
def test_dkim_results_follow_rfc_8601(message, result):
    """Only a whole and sound signature passes; who can't be asked is not to blame."""
    [verdict] = _judged(message)

    assert verdict.result == result


@pytest.mark.parametrize(
    ("selector", "domain", "name"),
    [
        ("s", "ünicode.test", "xn--nicode-2ya.test"),
        ("s", "xn--nicode-2ya.test", "xn--nicode-2ya.test"),
        ("äs", "out.test", "out.test"),
    ],
)
def test_key_of_internationalized_domain_is_looked_up_by_a_labels(
    selector, domain, name
):
    """And DMARC gets the domain in the form that it compares (RFC 8616, section 5)."""
    [verdict] = _judged(_signed(selector.encode(), domain.encode()))

    assert (verdict.result, verdict.tags["d"]) == ("pass", name)


@pytest.mark.parametrize("domain", ["u\ufffd.test", "ü." * 1000])
def test_invalid_domain_is_not_looked_up(domain):
    """It is no domain, and a long one would cost time."""
    zone = Zone({})

    with pytest.raises(KeyUnusableError):
        KeyFinder(zone.resolver(), 1024).lookup({})(f"s._domainkey.{domain}".encode())

    assert zone.asked == []


def test_signature_must_cover_from():
    """Otherwise it proves somebody's message, under anybody's name."""
    [verdict] = _judged(_signed(include_headers=[ToForFrom(b"to")]))

    assert verdict[:2] == ("permerror", "From is not signed")


def test_short_rsa_key_is_policy():
    """The least size is a setting: MinimumKeyBits."""
    [verdict] = _judged(_signed(b"short"), minimum=2048)

    assert verdict[:2] == ("policy", "RSA key of only 1024 bits")


def test_each_signature_gets_its_own_result():
    """A forwarder's signature may be sound when the author's is broken."""
    message = _signed(message=_signed(b"missing"))

    assert [verdict.result for verdict in _judged(message)] == ["pass", "permerror"]


def test_too_many_signatures_are_not_verified():
    """Over ten signatures are not looked at: thousands stopped the milter once."""
    began = time.monotonic()

    [verdict] = _judged(b"DKIM-Signature: v=1; s=a; d=b.test\r\n" * 3000 + _MESSAGE)

    assert verdict[:2] == ("policy", "3000 signatures are too many")
    assert time.monotonic() - began < 1


def test_silent_name_server_leaves_time_for_other_lookups():
    """A name is asked for once, and never for longer than half of what time is left."""
    patience = []

    def silent(name, kind, seconds):
        patience.append(seconds)
        raise UnansweredError("silence")

    resolver = Resolver(4, silent)
    for name in ("one.test", "two.test", "ONE.test."):
        with pytest.raises(UnansweredError):
            resolver.look_up(name)

    assert len(patience) == 2
    assert all(1.9 < seconds <= 2 for seconds in patience)


@pytest.mark.parametrize("name", ["x" * 64 + ".test.", "a..test."])
def test_name_refused_by_dnspython_does_not_exist(name):
    """A label has 1 to 63 octets (RFC 1035, section 2.3.4); no name server is asked."""
    assert ask(name, "TXT", 5) == Answer([], exists=False)


def test_no_lookup_after_the_time_limit():
    """All look-ups of a message share one time limit."""
    zone = Zone({"a.test": "text"})

    with pytest.raises(UnansweredError):
        zone.resolver(seconds=0).look_up("a.test")

    assert zone.asked == []


@pytest.mark.parametrize(("says", "alive"), [("yes", True), (Zone.SILENT, False)])
def test_dead_resolver_is_told_from_silent_name_servers(says, alive):
    """A name that our resolver answers by itself shows whether it is there."""
    zone = Zone({"alive.resolver.internal": says, "a.test": Zone.SILENT})

    assert zone.resolver().is_alive() == alive


def test_resolver_answering_nxdomain_is_alive():
    """Another resolver than ours doesn't know the name, and says so."""
    assert Zone({}).resolver().is_alive()


def test_signature_tags_cannot_forge_authentication_results():
    """A tag that isn't plainly of its kind is left out of Authentication-Results."""
    tags = {"d": "x.test) dkim=pass header.d=bank.test (", "i": "a;b@x.test", "s": "s"}

    value = authentication_results("mx.a.test", [DKIMVerdict("fail", "why", tags)])

    assert value == "mx.a.test;\n\tdkim=fail (why) header.s=s"


@pytest.mark.parametrize(
    ("tag", "value"), [("i", "from=proven@x.test"), ("b", "dis=none"), ("s", "p=none")]
)
def test_foreign_values_never_contain_an_equals_sign(tag, value):
    """No tag of a signature puts a = into the header: p=, dis= and from= are ours."""
    assert str(DKIMVerdict("fail", "why", {tag: value})) == "dkim=fail (why)"


def test_authentication_results_names_the_signing_domain():
    """Readers get domain, identity, selector, algorithm and the signature's start."""
    [verdict] = _judged(_signed(domain=b"out.test"))

    words = str(verdict).split(" header.")

    assert words[0] == "dkim=pass (2048-bit rsa key)"
    assert words[1:5] == ["d=out.test", "i=@out.test", "s=s", "a=rsa-sha256"]
    assert len(words[5]) == len("b=") + 8


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"\r\n" * 5000,
        b"a",
        b" \t\r\n",
        b"a \t b \r\n\r\n\r\n",
        b"a\r\r\n",
        b"a  \r",
        b"\r\n\r\n a\tb\t\r\n",
    ],
)
def test_canonicalization_equals_dkimpys(body):
    """Our faster forms give the same octets, which signatures depend on."""
    theirs = dkim.canonicalization

    assert canonicalization.relaxed(body) == theirs.Relaxed.canonicalize_body(body)
    assert canonicalization.simple(body) == theirs.Simple.canonicalize_body(body)


@pytest.mark.parametrize(
    "header",
    [
        b" v=1; b=AA\r\n BB== ; x=1",
        b" b =\r\n\tAA\r\n",
        b" bb=AA;\tb\r\n = \r\n",
        b" z=b b=A!A",
    ],
)
def test_b_tag_pattern_equals_dkimpys(header):
    """It is taken out of what is signed: every octet around it counts."""
    ours = SIGNATURE_VALUE.sub(rb"\1", header)

    assert ours == dkim.RE_BTAG.sub(rb"\1", header)


def test_canonicalizing_a_long_run_of_blanks_is_fast():
    """dkimpy's own pattern would work for minutes on this body."""
    began = time.monotonic()

    canonicalization.relaxed(b" " * 1_000_000 + b"x\r\n")

    assert time.monotonic() - began < 1
