"""Imported certificates that are right are accepted, and their chain is sorted."""

import random

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from tests.support.certs.acceptance import (
    LEAF,
    LOWER,
    MIDDLE,
    ROOT,
    STRANGER,
    WHOLE,
    accept,
    certificates,
    chain,
    problems,
)
from tests.support.certs.authority import (
    DAY,
    HOST,
    NOW,
    authority,
    ecdsa,
    rsa_key,
    server,
)


def test_correct_chain_is_unchanged():
    """The key, the leaf, then the issuers, up to one that an authority issued."""
    taken = accept(WHOLE)

    assert taken.key.public_key() == LEAF.key.public_key()
    assert list(taken.chain) == certificates(LEAF, LOWER, MIDDLE)


def test_any_order_is_sorted():
    """Whichever file came first, and wherever in it the key is."""
    for seed in range(10):
        parts = [LEAF.key_pem, LEAF.pem, LOWER.pem, MIDDLE.pem, ROOT.pem]
        random.Random(seed).shuffle(parts)  # noqa: S311 - no secret

        assert chain(*parts) == certificates(LEAF, LOWER, MIDDLE)


def test_root_is_left_out():
    """
    Clients that trust it have it. It completes the chain even if nobody trusts it.
    """
    assert chain(WHOLE, ROOT.pem, trusted=()) == certificates(LEAF, LOWER, MIDDLE)


def test_duplicates_are_dropped():
    """As fullchain.pem, cert.pem and privkey.pem joined have it."""
    assert chain(WHOLE, WHOLE, LEAF.pem) == certificates(LEAF, LOWER, MIDDLE)


def test_unrelated_certificates_are_left_out():
    """So is an authority of the same name with another key."""
    namesake = authority("Lower", MIDDLE)

    found = chain(STRANGER.pem, namesake.pem, WHOLE)

    assert found == certificates(LEAF, LOWER, MIDDLE)


def test_certificate_for_another_key_is_left_out():
    """Also where it is for our host, and valid for longer."""
    later = server(LOWER, end=NOW + 900 * DAY)

    assert chain(WHOLE, later.pem) == certificates(LEAF, LOWER, MIDDLE)


def test_cross_signed_root_stays():
    """Clients that don't know the new root can follow the chain to the old one."""
    new = authority("New root")
    crossed = authority("New root", ROOT, key=new.key)
    leaf = server(new)

    found = chain(leaf.key_pem, leaf.pem, new.pem, crossed.pem, trusted=(ROOT, new))

    assert found == certificates(leaf, crossed)


def test_expired_cross_signature_is_left_out():
    """The new root alone is enough then."""
    new = authority("New root")
    crossed = authority("New root", ROOT, key=new.key, end=NOW - DAY / 2)
    leaf = server(new)

    found = chain(leaf.key_pem, leaf.pem, crossed.pem, trusted=(ROOT, new))

    assert found == certificates(leaf)


def test_cross_signature_of_unknown_root_is_left_out():
    """The chain ends where an authority is known."""
    crossed = authority("Root", authority("Unknown"), key=ROOT.key)

    assert chain(WHOLE, crossed.pem) == certificates(LEAF, LOWER, MIDDLE)


def test_mutual_cross_signatures_do_not_loop():
    """The search ends with circles and with many cross signatures."""
    keys = [ecdsa() for _ in range(12)]
    own = [authority(f"CA {i}", key=key) for i, key in enumerate(keys)]
    tangle = [
        authority(f"CA {i}", by, key=key).pem
        for i, key in enumerate(keys)
        for by in own
        if by.key is not key
    ]
    leaf = server(own[0])

    found = chain(leaf.key_pem, leaf.pem, *tangle, trusted=(own[0],))

    assert found[0] == leaf.certificate
    assert len({each.subject for each in found}) == len(found)


def test_a_chain_that_is_too_long_to_follow_is_refused():
    """OpenSSL follows ten certificates, unless it is told otherwise."""
    above = [ROOT]
    for number in range(10):
        above.insert(0, authority(f"CA {number}", above[0]))
    leaf = server(above[0])

    (said,) = problems(leaf.key_pem, leaf.pem, *(each.pem for each in above))

    assert "CN=CA 0 is missing" in said


def test_a_self_signed_certificate_is_complete():
    """Clients that are told to trust it need no other."""
    alone = server(None)

    assert chain(alone.key_pem, alone.pem, trusted=()) == certificates(alone)


def test_a_self_signed_authority_may_be_the_servers_own():
    """Many tools make their self-signed certificates so."""
    alone = server(None, ca=True)

    assert chain(alone.pem, alone.key_pem) == certificates(alone)


def test_best_of_two_certificates_for_a_key_is_chosen():
    """After a renewal with the old key, both may be in the folder."""
    old = server(LOWER, key=LEAF.key, end=NOW + DAY)
    other = server(LOWER, "www.example.org", key=LEAF.key, end=NOW + 900 * DAY)
    unsigned = server(None, key=LEAF.key, end=NOW + 900 * DAY)
    future = server(LOWER, key=LEAF.key, begin=NOW + DAY, end=NOW + 900 * DAY)

    found = chain(old.pem, other.pem, unsigned.pem, future.pem, WHOLE)

    assert found == certificates(LEAF, LOWER, MIDDLE)


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("*.example.org", HOST),
        ("MAIL.example.org", HOST),
        (HOST, "Mail.Example.ORG."),
        ("xn--mller-kva.example", "xn--mller-kva.example"),
    ],
)
def test_matching_names_are_accepted(name, host):
    """Capitals are nothing, and a star is one label, the first (RFC 9525 §6.3)."""
    leaf = server(ROOT, names=["a.example.net", name])

    assert chain(leaf.key_pem, leaf.pem, host=host) == certificates(leaf)


@pytest.mark.parametrize(
    ("curve", "name"), [(ec.SECP256R1(), "P-256"), (ec.SECP384R1(), "P-384")]
)
def test_p256_and_p384_are_accepted(curve, name):
    """What clients verify."""
    leaf = server(ROOT, key=ec.generate_private_key(curve))

    assert accept(leaf.key_pem, leaf.pem).key_type == f"ECDSA {name}"


def test_pkcs1_rsa_key_is_accepted():
    """BEGIN RSA PRIVATE KEY is what OpenSSL wrote before its version 1.0."""
    leaf = server(ROOT, key=rsa_key())
    old = leaf.key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    ).decode()

    assert "BEGIN RSA PRIVATE KEY" in old
    assert accept(old, leaf.pem).is_rsa


def test_text_around_pem_blocks_is_ignored():
    """Line ends of Windows, indents, comments in any language, DH parameters."""
    noise = (
        "\ufeffsubject=Müller \udcff\n-----BEGIN DH PARAMETERS-----\nAA==\n"
        "-----END DH PARAMETERS-----\n"
    )
    text = noise + WHOLE.replace("\n", "\r\n  ") + "\0 Ende"

    assert chain(text) == certificates(LEAF, LOWER, MIDDLE)


def test_certificate_without_extended_key_usage_is_accepted():
    """An extended key usage that isn't there forbids nothing (RFC 5280 §4.2.1.12)."""
    leaf = server(ROOT, usage=())

    assert chain(leaf.key_pem, leaf.pem) == certificates(leaf)
