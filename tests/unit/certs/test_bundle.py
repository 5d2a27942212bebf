"""A private key with its chain, in one PEM text."""

import shutil
import subprocess
from base64 import b64decode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from stack.certs import bundle
from stack.certs.bundle import Bundle
from tests.support.certs.authority import (
    DAY,
    HOST,
    NOW,
    Issued,
    authority,
    issue,
    rsa_key,
    server,
)

ROOT = authority("Root")
MIDDLE = authority("Middle", ROOT)
LEAF = server(MIDDLE, names=["Mail.Example.ORG", "*.example.net"])


def bundled(*issued: Issued) -> Bundle:
    """Return the key of the first of *issued*, and the certificates of all."""
    return Bundle(issued[0].key, tuple(each.certificate for each in issued))


def openssl(*arguments: str, stdin: bytes) -> bytes:
    """Return what OpenSSL's own program says of *stdin*."""
    return subprocess.run(
        ["openssl", *arguments], input=stdin, capture_output=True, check=True
    ).stdout


needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")


def test_written_bundle_is_read_back():
    """The key, the leaf, its issuers: in that order, and nothing lost."""
    pem = bundled(LEAF, MIDDLE).pem

    read = Bundle.parse(pem)

    assert pem == LEAF.key_pem + LEAF.pem + MIDDLE.pem
    assert read.key.public_key() == LEAF.key.public_key()
    assert read.chain == (LEAF.certificate, MIDDLE.certificate)
    assert read.pem == pem


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Unable to load PEM"),
        ("Müller", "Unable to load PEM"),
        (LEAF.key_pem, "Unable to load PEM"),
        (LEAF.pem, "private key"),
        (LEAF.key_pem[:-50] + LEAF.pem, "Unable to load PEM"),
    ],
)
def test_incomplete_bundle_is_refused(text, reason):
    """Without a key, or without a certificate, it is no bundle."""
    with pytest.raises(ValueError, match=reason):
        Bundle.parse(text)


@needs_openssl
def test_unknown_curve_is_refused():
    """The error is the same as for other invalid text."""
    curve = ("-pkeyopt", "ec_paramgen_curve:secp112r1")
    key = openssl("genpkey", "-algorithm", "EC", *curve, stdin=b"").decode()

    with pytest.raises(ValueError, match="is not supported"):
        Bundle.parse(key + LEAF.pem)


def test_properties_come_from_the_leaf():
    """Not what the issuers above it say."""
    found = bundled(LEAF, MIDDLE)

    assert found.leaf == LEAF.certificate
    assert found.not_after == NOW + 90 * DAY
    assert found.issuer == "Middle"


def test_names_are_in_lower_case_and_in_order():
    """The common name isn't one of them."""
    assert bundled(LEAF).names == ("mail.example.org", "*.example.net")
    assert bundled(issue(HOST)).names == ()


@pytest.mark.parametrize(
    "name",
    ["a b.example", "a\nb", "a{b}", "$a.example", "a..example", "", "a.*.example"],
)
def test_invalid_host_names_are_skipped(name):
    """
    Names end in the configuration of daemons, and a stranger may have chosen them.
    """
    assert bundled(server(ROOT, names=[name, HOST])).names == (HOST,)


@pytest.mark.parametrize(
    ("host", "covered"),
    [
        ("mail.example.org", True),
        ("mail.example.net", True),
        ("example.net", False),
        ("a.mail.example.net", False),
        ("mail.example.com", False),
        ("org", False),
        ("", False),
    ],
)
def test_wildcard_covers_one_label(host, covered):
    """The first one, and it stands for no more (RFC 9525 §6.3)."""
    assert bundled(LEAF).covers(host) is covered


@pytest.mark.parametrize("name", ["*", "*.", "m*.example.org", "mail.*.org"])
def test_wildcard_must_be_the_first_label(name):
    """Clients have given those up."""
    assert not bundle.matches(name, HOST)
    assert not bundle.matches(name, "org")


def test_the_digests_are_those_of_the_certificate():
    """Of all of it, and of its key alone: computed another way, from the PEM."""
    found = bundled(LEAF, MIDDLE)
    der = b64decode("".join(LEAF.pem.splitlines()[1:-1]))
    # The key's own structure, whose length is that of every P-256 key (RFC 5480).
    at = der.index(bytes.fromhex("3059301306072a8648ce3d0201"))

    assert found.fingerprint == sha256(der).hexdigest()
    assert found.key_digest == sha256(der[at : at + 0x5B]).hexdigest()


@needs_openssl
@pytest.mark.parametrize(
    "issued", [LEAF, server(ROOT, key=rsa_key())], ids=["EC", "RSA"]
)
def test_openssl_computes_the_same_digests(issued):
    """What an operator compares them with, and what TLSA records are made by."""
    found = bundled(issued)
    pem = issued.pem.encode()

    said = openssl("x509", "-noout", "-fingerprint", "-sha256", stdin=pem).decode()
    public = openssl("x509", "-noout", "-pubkey", stdin=pem)
    der = openssl("pkey", "-pubin", "-outform", "DER", stdin=public)

    assert said.partition("=")[2].replace(":", "").strip().lower() == found.fingerprint
    assert sha256(der).hexdigest() == found.key_digest


def test_a_renewal_with_the_same_key_has_the_same_digest_of_it():
    """So a TLSA record can stay when the certificate changes."""
    old, new = server(ROOT, key=LEAF.key), LEAF

    assert bundled(old).key_digest == bundled(new).key_digest
    assert bundled(old).fingerprint != bundled(new).fingerprint


@pytest.mark.parametrize(
    ("key", "kind", "is_rsa"),
    [
        (rsa_key(), "RSA 2048", True),
        (ec.generate_private_key(ec.SECP256R1()), "ECDSA P-256", False),
        (ec.generate_private_key(ec.SECP384R1()), "ECDSA P-384", False),
        (ed25519.Ed25519PrivateKey.generate(), "Ed25519PublicKey", False),
    ],
)
def test_key_type_is_named(key, kind, is_rsa):
    """RSA is for clients that know nothing newer."""
    found = bundled(server(ROOT, key=key))

    assert found.key_type == kind
    assert found.is_rsa is is_rsa


def test_self_signed_is_recognised():
    """By its signature: a name that is its own issuer's isn't enough."""
    alone = server(None)
    namesake = server(authority(HOST))

    assert bundled(alone).issuer == "itself"
    assert bundle.is_self_signed(alone.certificate)
    assert bundled(namesake).issuer == HOST
    assert not bundle.is_self_signed(namesake.certificate)
    assert not bundle.is_self_signed(LEAF.certificate)


def test_repr_hides_the_key():
    """Tracebacks may end in a log."""
    assert "PRIVATE" not in repr(bundled(LEAF))
