"""TLSA records: whether a certificate is the one that was promised."""

import shutil
import subprocess
from hashlib import sha256, sha512

import dns.resolver
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stack import dane
from stack.dane import Published, Tlsa
from stack.errors import UnableError
from tests.unit.current import bundle
from tests.unit.issuing import HOST
from tests.unit.nameserver import answering

ECDSA = bundle()
RSA = bundle(rsa=True)
LEAF, ISSUER = ECDSA.chain

HASHES = [lambda part: part, lambda part: sha256(part).digest(),
          lambda part: sha512(part).digest()]  # fmt: skip


def part(certificate, selector: int) -> bytes:
    """Return what of *certificate* the *selector* means: all of it, or its key."""
    if selector == 0:
        return certificate.public_bytes(Encoding.DER)
    return certificate.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )


def record(certificate, usage: int, selector: int, matching: int) -> Tlsa:
    """Return the record of that form which promises *certificate*."""
    return Tlsa(
        usage, selector, matching, HASHES[matching](part(certificate, selector))
    )


# --- One record ---


@pytest.mark.parametrize("matching", [0, 1, 2])
@pytest.mark.parametrize("selector", [0, 1])
def test_a_certificate_is_promised_in_any_form(selector, matching):
    """Usage 3 means the leaf, usage 2 one of the chain; another one fits neither."""
    assert record(LEAF, 3, selector, matching).fits(ECDSA)
    assert record(ISSUER, 2, selector, matching).fits(ECDSA)
    assert not record(ISSUER, 3, selector, matching).fits(ECDSA)
    assert not record(LEAF, 3, selector, matching).fits(RSA)
    assert record(ISSUER, 2, selector, matching).fits(RSA)
    assert not record(ISSUER, 2, selector, matching).fits(bundle(by=()))


@pytest.mark.parametrize("usage", [0, 1, 4, 255])
def test_a_usage_that_mail_does_not_know_promises_nothing(usage):
    """Those who look at it can't use it (RFC 7672 §3.1.3): it isn't to be relied on."""
    assert not record(LEAF, usage, 1, 1).fits(ECDSA)
    assert not record(ISSUER, usage, 0, 0).fits(ECDSA)


@pytest.mark.parametrize("matching", [3, 255])
def test_a_matching_that_is_not_known_never_fits(matching):
    """Whatever its data are."""
    for data in (b"", part(LEAF, 1), sha256(part(LEAF, 1)).digest()):
        assert not Tlsa(3, 1, matching, data).fits(ECDSA)


def test_the_wrong_digest_does_not_fit():
    """By one bit, by its length, by what it is the digest of."""
    right = record(LEAF, 3, 1, 1).data

    for data in (right[:-1], right + b"\0", bytes([right[0] ^ 1]) + right[1:], b""):
        assert not Tlsa(3, 1, 1, data).fits(ECDSA)
    assert not Tlsa(3, 0, 1, right).fits(ECDSA)
    assert not Tlsa(3, 1, 2, right).fits(ECDSA)


def test_a_new_certificate_for_the_same_key_keeps_the_promise():
    """That is why the record of the key is the one to publish."""
    renewed = bundle(key=ECDSA.key)

    assert record(LEAF, 3, 1, 1).fits(renewed)
    assert not record(LEAF, 3, 0, 1).fits(renewed)


# --- All that are published ---


def test_without_records_nothing_is_promised():
    """And so anything may be served."""
    assert Published(frozenset(), 0).fit([ECDSA, RSA])


def test_each_certificate_needs_a_record():
    """A client is shown one of the two, and doesn't know of the other."""
    ecdsa, rsa = record(LEAF, 3, 1, 1), record(RSA.leaf, 3, 1, 1)

    assert Published(frozenset({ecdsa}), 60).fit([ECDSA])
    assert not Published(frozenset({ecdsa}), 60).fit([ECDSA, RSA])
    assert Published(frozenset({ecdsa, rsa}), 60).fit([ECDSA, RSA])


def test_a_record_for_another_key_does_no_harm_beside_the_right_one():
    """That is how keys are changed: both are published for a while."""
    old, new = record(bundle().leaf, 3, 1, 1), record(LEAF, 3, 1, 1)

    assert Published(frozenset({old, new}), 60).fit([ECDSA])
    assert not Published(frozenset({old}), 60).fit([ECDSA])


def test_records_that_nobody_can_use_still_keep_us_careful():
    """Some client may know better what they mean."""
    assert not Published(frozenset({record(LEAF, 1, 1, 1)}), 60).fit([ECDSA])


# --- What to publish ---


def test_the_record_belongs_to_port_25_of_the_host():
    """Servers look it up before they hand mail over (RFC 7672 §2.2.3)."""
    assert dane.name_of(HOST) == "_25._tcp.mail.example.org"


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")
@pytest.mark.parametrize("served", [ECDSA, RSA], ids=["ECDSA", "RSA"])
def test_the_record_to_publish_is_the_one_that_openssl_computes(served):
    """As the guides tell operators to: the digest of the key, in DER."""

    def openssl(*arguments: str, stdin: bytes) -> bytes:
        return subprocess.run(
            ["openssl", *arguments], input=stdin, capture_output=True, check=True
        ).stdout

    key = openssl("pkey", "-pubout", "-outform", "DER", stdin=served.pem.encode())
    digest = openssl("dgst", "-sha256", "-hex", stdin=key).decode().split()[-1]

    assert dane.record_for(served) == f"3 1 1 {digest}"


# --- What the DNS says ---


@pytest.fixture
def dns_says(monkeypatch):
    """Ask a name server of our own, which says what it is told to, for the host."""

    def ask(*lines: str, code: str = "NOERROR") -> Published:
        with answering(*lines, code=code) as resolver:
            monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
            return dane.published(HOST)

    return ask


NAME = "_25._tcp.mail.example.org."


def test_the_records_are_read_with_the_time_they_are_remembered(dns_says):
    """What is published for a certificate fits it."""
    digest = sha256(part(RSA.leaf, 0)).hexdigest()

    found = dns_says(
        f"{NAME} 1234 IN TLSA {dane.record_for(ECDSA)}",
        f"{NAME} 1234 IN TLSA 3 0 1 {digest}",
    )

    assert found.ttl == 1234
    assert found.records == {record(LEAF, 3, 1, 1), record(RSA.leaf, 3, 0, 1)}
    assert found.fit([ECDSA, RSA])


def test_an_alias_is_followed(dns_says):
    """The records may be kept under another name (RFC 7671 §7)."""
    found = dns_says(
        f"{NAME} 300 IN CNAME tlsa.example.org.",
        f"tlsa.example.org. 60 IN TLSA {dane.record_for(ECDSA)}",
    )

    assert found.records == {record(LEAF, 3, 1, 1)}


@pytest.mark.parametrize("code", ["NXDOMAIN", "NOERROR"])
def test_no_record_is_an_answer(dns_says, code):
    """The name isn't there, or has other records only."""
    assert dns_says(code=code) == Published(frozenset(), 0)


@pytest.mark.parametrize("code", ["SERVFAIL", "REFUSED", "SILENCE"])
def test_who_does_not_know_does_not_guess(dns_says, monkeypatch, code):
    """A promise that can't be seen may be there all the same."""
    monkeypatch.setattr(dane, "PATIENCE", 0.5)

    with pytest.raises(UnableError, match="the DNS doesn't say whether _25"):
        dns_says(code=code)
