"""Imported certificates that clients would refuse are refused."""

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support.certs.acceptance import (
    LEAF,
    LOWER,
    MIDDLE,
    ROOT,
    WHOLE,
    problems,
)
from tests.support.certs.authority import (
    DAY,
    HOST,
    NOW,
    authority,
    issue,
    rsa_key,
    server,
    signed_badly,
)

# --- What is refused: the certificate ---


@pytest.mark.parametrize(
    "name",
    [
        "example.org",
        "*.org",
        "*.mail.example.org",
        "*.a.example.org",
        "m*.example.org",
        "mail.*.org",
        "*",
    ],
)
def test_a_certificate_for_another_host_is_refused(name):
    """A star stands for one label, the first, and for all of it."""
    leaf = server(ROOT, names=["a.example.net", name])

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert said.startswith("the certificate is for a.example.net")
    assert said.endswith("not for mail.example.org: bring the one that is")


def test_common_name_is_ignored():
    """Clients don't either, since RFC 6125 (now RFC 9525 §2)."""
    leaf = server(ROOT, names=[])

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert said.startswith("the certificate is for no host, as clients read it (mail.")


def test_expired_certificate_is_refused():
    """With the day."""
    (said,) = problems(WHOLE, now=LEAF.certificate.not_valid_after_utc + DAY / 86400)[
        :1
    ]

    assert said == "the certificate ended on 2027-02-21: renew it"


def test_certificate_not_valid_yet_is_refused():
    """The message names the day, and suggests to check the clock."""
    leaf = server(ROOT, begin=NOW + 2 * DAY)

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert said.startswith("the certificate begins on 2026-11-25: wait")


def test_an_authoritys_own_certificate_is_refused():
    """Clients don't talk to one that says it is an authority's."""
    leaf = server(ROOT, ca=True)

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert said.startswith("the certificate is an authority's own (mail.example.org)")


@pytest.mark.parametrize(
    "usage",
    [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE],
)
def test_a_certificate_for_clients_is_refused(usage):
    """Nor does OpenSSL take one that is for any use for a server's."""
    leaf = server(ROOT, usage=[usage])

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert "its extended key usage lacks serverAuth" in said


@pytest.mark.parametrize(
    ("hash", "name"),
    [
        (hashes.SHA1(), "SHA-1"),  # noqa: S303 - it is what is refused
        (hashes.MD5(), "MD5"),  # noqa: S303 - the same
    ],
)
def test_a_forgeable_signature_is_refused(hash, name):
    """The leaf's, and that of an issuer that clients are shown; nothing is missing."""
    root = authority("Old root", key=rsa_key())
    middle = authority("Old", root, key=rsa_key())
    weak_leaf = signed_badly(server(middle), middle, hash)
    weak_middle = signed_badly(middle, root, hash)
    leaf = server(middle)

    (of_leaf,) = problems(weak_leaf.key_pem, weak_leaf.pem, middle.pem, root.pem)
    (of_middle,) = problems(leaf.key_pem, leaf.pem, weak_middle.pem, root.pem)

    words = f"is signed with {name}, which"
    assert of_leaf.startswith(f"the certificate of mail.example.org {words}")
    assert of_middle.startswith(f"the certificate of Old {words}")


# --- What is refused: the chain ---


def test_a_chain_with_a_gap_is_refused():
    """The missing issuer is named: its certificate is to be had from its site."""
    (said,) = problems(LEAF.key_pem, LEAF.pem, MIDDLE.pem)

    assert said.startswith("the certificate of CN=Lower is missing, which issued that")


def test_chain_to_unknown_root_is_refused():
    """The root is reported as missing."""
    (said,) = problems(WHOLE, trusted=(authority("Other"),))

    assert said.startswith("the certificate of CN=Root is missing, which issued that")
    assert "ca-certificates" not in said


def test_missing_ca_certificates_are_mentioned():
    """The chain may be right, but this machine has no roots."""
    (said,) = problems(WHOLE, trusted=())

    assert "install the package ca-certificates" in said


def test_issuer_is_matched_by_signature_not_name():
    """It's the signature that counts, not the name."""
    (said,) = problems(WHOLE, trusted=(authority("Root"),))

    assert "CN=Root is missing" in said


def test_server_certificate_cannot_issue():
    """A server certificate can't sign others."""
    forged = issue("forged", LEAF, names=[HOST])

    said = problems(forged.key_pem, forged.pem, LEAF.pem, LOWER.pem, MIDDLE.pem)

    assert "CN=mail.example.org is missing" in said[0]


def test_expired_issuer_is_refused():
    """Its successor has the same key, and the authority offers it."""
    ended = authority("Ended", ROOT, begin=NOW - 9 * DAY, end=NOW - DAY)
    leaf = server(ended)

    (said,) = problems(leaf.key_pem, leaf.pem, ended.pem)

    assert said.startswith("its issuer's certificate (Ended) is valid from 2026-11-14 ")
    assert "to 2026-11-22 only" in said


def rsa_key_pem(bits: int) -> str:
    """Return the RSA key of *bits* in PEM."""
    return server(None, key=rsa_key(bits)).key_pem


def test_all_problems_are_reported_at_once():
    """The operator can fix all of them with one order."""
    leaf = server(LOWER, "www.example.net", end=NOW - DAY / 2, usage=())

    said = problems(rsa_key_pem(1024), leaf.pem)

    assert len(said) == 5
    for words in ["1024 bits", "fits none", "not for mail", "ended on", "CN=Lower"]:
        assert any(words in each for each in said)


def test_certificate_is_checked_even_without_key():
    """The certificate that is no authority's is checked."""
    leaf = server(LOWER, "www.example.net")

    said = problems(LOWER.pem, MIDDLE.pem, leaf.pem)

    assert said[0].startswith("there is no private key in it")
    assert said[1].startswith("the certificate is for www.example.net, not for mail.")
