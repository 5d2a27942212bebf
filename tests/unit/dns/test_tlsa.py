"""TLSA records are looked up, and matched against certificates."""

import shutil
import subprocess
from functools import partial
from hashlib import sha256, sha512

import dns.query
import dns.resolver
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stack.dns import tlsa
from stack.dns.tlsa import Published, Tlsa
from stack.system.errors import UnableError
from tests.support.certs.authority import HOST
from tests.support.certs.bundles import bundle
from tests.support.network.name_server import answering, serving

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
    """Return the record of that form for *certificate*."""
    return Tlsa(
        usage, selector, matching, HASHES[matching](part(certificate, selector))
    )


# --- One record ---


@pytest.mark.parametrize("matching", [0, 1, 2])
@pytest.mark.parametrize("selector", [0, 1])
def test_every_selector_and_matching_type_matches(selector, matching):
    """Usage 3 means the leaf, usage 2 one of the chain; another one fits neither."""
    assert record(LEAF, 3, selector, matching).fits(ECDSA.chain)
    assert record(ISSUER, 2, selector, matching).fits(ECDSA.chain)
    assert not record(ISSUER, 3, selector, matching).fits(ECDSA.chain)
    assert not record(LEAF, 3, selector, matching).fits(RSA.chain)
    assert record(ISSUER, 2, selector, matching).fits(RSA.chain)
    assert not record(ISSUER, 2, selector, matching).fits(bundle(by=()).chain)


@pytest.mark.parametrize("usage", [0, 1, 4, 255])
def test_usages_other_than_2_and_3_never_match(usage):
    """Those who look at it can't use it (RFC 7672 §3.1.3): it isn't to be relied on."""
    assert not record(LEAF, usage, 1, 1).fits(ECDSA.chain)
    assert not record(ISSUER, usage, 0, 0).fits(ECDSA.chain)


@pytest.mark.parametrize("matching", [3, 255])
def test_unknown_matching_type_never_matches(matching):
    """Whatever its data are."""
    for data in (b"", part(LEAF, 1), sha256(part(LEAF, 1)).digest()):
        assert not Tlsa(3, 1, matching, data).fits(ECDSA.chain)


def test_wrong_digest_does_not_match():
    """By one bit, by its length, by what it is the digest of."""
    right = record(LEAF, 3, 1, 1).data

    for data in (right[:-1], right + b"\0", bytes([right[0] ^ 1]) + right[1:], b""):
        assert not Tlsa(3, 1, 1, data).fits(ECDSA.chain)
    assert not Tlsa(3, 0, 1, right).fits(ECDSA.chain)
    assert not Tlsa(3, 1, 2, right).fits(ECDSA.chain)


def test_record_of_key_matches_renewed_certificate():
    """That is why the record of the key is the one to publish."""
    renewed = bundle(key=ECDSA.key)

    assert record(LEAF, 3, 1, 1).fits(renewed.chain)
    assert not record(LEAF, 3, 0, 1).fits(renewed.chain)


# --- All that are published ---


def test_without_records_everything_matches():
    """Any certificate may be served."""
    assert Published(frozenset(), 0).fit([ECDSA, RSA])


def test_each_certificate_needs_a_record():
    """A client gets one of the two."""
    ecdsa, rsa = record(LEAF, 3, 1, 1), record(RSA.leaf, 3, 1, 1)

    assert Published(frozenset({ecdsa}), 60).fit([ECDSA])
    assert not Published(frozenset({ecdsa}), 60).fit([ECDSA, RSA])
    assert Published(frozenset({ecdsa, rsa}), 60).fit([ECDSA, RSA])


def test_additional_record_does_no_harm():
    """In a rollover both records are published for a while."""
    old, new = record(bundle().leaf, 3, 1, 1), record(LEAF, 3, 1, 1)

    assert Published(frozenset({old, new}), 60).fit([ECDSA])
    assert not Published(frozenset({old}), 60).fit([ECDSA])


def test_unusable_records_still_refuse():
    """A client may understand them."""
    assert not Published(frozenset({record(LEAF, 1, 1, 1)}), 60).fit([ECDSA])


# --- What to publish ---


def test_record_name_is_port_25_of_the_host():
    """Servers look it up before they hand mail over (RFC 7672 §2.2.3)."""
    assert tlsa.name_of(HOST) == "_25._tcp.mail.example.org"


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")
@pytest.mark.parametrize("served", [ECDSA, RSA], ids=["ECDSA", "RSA"])
def test_record_equals_the_digest_of_openssl(served):
    """As the guides tell operators to: the digest of the key, in DER."""

    def openssl(*arguments: str, stdin: bytes) -> bytes:
        return subprocess.run(
            ["openssl", *arguments], input=stdin, capture_output=True, check=True
        ).stdout

    key = openssl("pkey", "-pubout", "-outform", "DER", stdin=served.pem.encode())
    digest = openssl("dgst", "-sha256", "-hex", stdin=key).decode().split()[-1]

    assert tlsa.record_for(served) == f"3 1 1 {digest}"


# --- What the DNS says ---


@pytest.fixture
def dns_says(monkeypatch):
    """Look up the host at a name server of the test."""

    def ask(*lines: str, code: str = "NOERROR") -> Published:
        with answering(*lines, code=code) as resolver:
            monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
            return tlsa.published(HOST)

    return ask


NAME = "_25._tcp.mail.example.org."


def signature(name: str, kind: str, own: int, left: int) -> str:
    """Return an RRSIG record: *own* seconds of life, of which some are *left*."""
    rest = "20300101000000 20200101000000 1 example.org. AAAA"
    return f"{name} {left} IN RRSIG {kind} 13 {name.count('.')} {own} {rest}"


def test_records_are_read_with_their_original_ttl(dns_says):
    """
    By their signature, whatever is left of it: our name server has asked before.

    What is published for a certificate fits it.
    """
    digest = sha256(part(RSA.leaf, 0)).hexdigest()

    found = dns_says(
        f"{NAME} 7 IN TLSA {tlsa.record_for(ECDSA)}",
        f"{NAME} 7 IN TLSA 3 0 1 {digest}",
        signature(NAME, "TLSA", 1234, 7),
    )

    assert found.ttl == 1234
    assert found.records == {record(LEAF, 3, 1, 1), record(RSA.leaf, 3, 0, 1)}
    assert found.fit([ECDSA, RSA])


def test_cname_is_followed(dns_says):
    """The records may be kept under another name (RFC 7671 §7)."""
    found = dns_says(
        f"{NAME} 300 IN CNAME tlsa.example.org.",
        f"tlsa.example.org. 60 IN TLSA {tlsa.record_for(ECDSA)}",
    )

    assert found.records == {record(LEAF, 3, 1, 1)}


@pytest.mark.parametrize(("alias", "own"), [(300, 60), (60, 300)])
def test_longest_ttl_of_the_cname_chain_counts(dns_says, alias, own):
    """A cached CNAME leads to the old records."""
    found = dns_says(
        f"{NAME} 5 IN CNAME tlsa.example.org.",
        signature(NAME, "CNAME", alias, 5),
        f"tlsa.example.org. 5 IN TLSA {tlsa.record_for(ECDSA)}",
        signature("tlsa.example.org.", "TLSA", own, 5),
    )

    assert found.ttl == 300


@pytest.mark.parametrize("code", ["NXDOMAIN", "NOERROR"])
def test_negative_answer_has_a_ttl(dns_says, code):
    """For as long as the zone says (RFC 2308), whatever is left of that."""
    soa = "example.org. 5 IN SOA ns.example.org. a.example.org. 1 2 3 4 900"

    assert dns_says(soa, code=code) == Published(frozenset(), 900)


ZONE = (
    "example.org. 3600 IN SOA ns.example.org. a.example.org. 1 2 3 4 900",
    "example.org. 3600 IN NS ns.example.org.",
    "ns.example.org. 3600 IN A 127.0.0.1",
    f"{NAME} 1800 IN CNAME tlsa.example.org.",
    f"tlsa.example.org. 7200 IN TLSA {tlsa.record_for(ECDSA)}",
)


@pytest.fixture
def zone_says(monkeypatch):
    """Look up the host at a caching resolver with 9 seconds left of the TTL."""

    def ask(*records: str) -> Published:
        with serving(records, left=9) as resolver:
            query = partial(dns.query.udp_with_fallback, port=resolver.port)
            monkeypatch.setattr(dns.query, "udp_with_fallback", query)
            monkeypatch.setattr(dns.resolver, "default_resolver", resolver)
            return tlsa.published(HOST)

    return ask


def test_unsigned_ttl_is_asked_from_the_zones_servers(zone_says):
    """Authoritative servers return the original TTL."""
    assert zone_says(*ZONE) == Published(frozenset({record(LEAF, 3, 1, 1)}), 7200)


def test_unknown_ttl_counts_as_a_day(zone_says):
    """Resolvers cache for no longer."""
    nobody = [line for line in ZONE if " NS " not in line]

    assert zone_says(*nobody).ttl == 86_400


@pytest.mark.parametrize("code", ["NXDOMAIN", "NOERROR"])
def test_no_record_is_an_answer(dns_says, code):
    """The name isn't there, or has other records only."""
    assert dns_says(code=code) == Published(frozenset(), 0)


@pytest.mark.parametrize("code", ["SERVFAIL", "REFUSED", "SILENCE"])
def test_dns_failure_is_an_error(dns_says, monkeypatch, code):
    """Records may exist although they can't be looked up."""
    monkeypatch.setattr(tlsa, "TIMEOUT", 0.5)

    with pytest.raises(UnableError, match="the DNS doesn't say whether _25"):
        dns_says(code=code)
