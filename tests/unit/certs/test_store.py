"""The certificates in var/tls are loaded by name, and damaged files are reported."""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtensionOID

from stack.certs import store
from stack.system.errors import UnableError
from tests.support.certs.authority import DAY, HOST, NOW, Issued, ecdsa, issue, rsa_key
from tests.support.certs.bundles import ROOT, bundle, bundled, put

MAIN = bundle(HOST)
RSA = bundle(HOST, rsa=True)


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    """An empty directory for certificates."""
    made = tmp_path / "tls"
    made.mkdir()
    return made


def issue_with_garbled_names() -> Issued:
    """Issue a certificate whose alternative names are no list of names."""
    name, key = x509.Name([]), ecdsa()
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + DAY)
    ).add_extension(
        x509.UnrecognizedExtension(ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\0\1"),
        False,
    )
    return Issued(builder.sign(key, SHA256()), key)


def test_certificates_are_loaded_by_name(tls):
    """With the RSA one beside it, which is second: it is for old clients."""
    other = bundle("a.example")
    put(tls, mail__example__org=MAIN, mail__example__org__rsa=RSA, a__example=other)

    found = store.load(tls)

    assert list(found) == ["a.example", HOST]
    assert found[HOST].files == ("mail.example.org.pem", "mail.example.org.rsa.pem")
    assert found[HOST].main.pem == MAIN.pem
    assert [each.is_rsa for each in found[HOST].bundles.values()] == [False, True]
    assert found["a.example"].files == ("a.example.pem",)


def test_rsa_only_certificate_is_a_main_certificate(tls):
    """An imported one may be: its file says nothing of its kind."""
    put(tls, mail__example__org=RSA)

    assert store.load(tls)[HOST].files == ("mail.example.org.pem",)
    assert store.load(tls)[HOST].main.is_rsa


def test_rsa_file_without_main_file_is_ignored(tls):
    """An RSA file needs a main file."""
    put(tls, mail__example__org=MAIN, a__example__rsa=RSA)

    assert list(store.load(tls)) == [HOST]


@pytest.mark.parametrize(
    "junk",
    [
        ".mail.example.org.pem.new",
        ".hidden.pem",
        "a.example.pem~",
        "a.example.pem.bak",
        "a.example.crt",
        "README",
        "A.EXAMPLE.pem",
        "a b.pem",
        "a{}.pem",
        "a\nb.pem",
        "a\n.pem",
        "$a.pem",
        "ä.pem",
        ".pem",
    ],
)
def test_other_files_are_ignored(tls, junk):
    """What is being written, what an editor left, what no host could be called."""
    put(tls, mail__example__org=MAIN)
    (tls / junk).write_text("junk")

    assert list(store.load(tls)) == [HOST]


def test_directory_is_no_certificate(tls):
    """Docker makes one where a file is to be mounted and isn't there."""
    put(tls, mail__example__org=MAIN)
    (tls / "a.example.pem").mkdir()

    assert list(store.load(tls)) == [HOST]


def test_missing_directory_has_no_certificates(tmp_path):
    """The directory is yet to be made."""
    assert store.load(tmp_path / "nowhere") == {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00\xff",
        "not PEM",
        MAIN.pem[: MAIN.pem.index("-----BEGIN CERT")],
        MAIN.pem[MAIN.pem.index("-----BEGIN CERT") :],
        MAIN.pem[: len(MAIN.pem) // 2],
        bundled(issue(HOST, ROOT)).pem,
        bundled(issue("a b", ROOT, names=["a b", "{}"])).pem,
    ],
    ids=["empty", "bytes", "text", "key", "chain", "half", "nameless", "badly named"],
)
@pytest.mark.parametrize("file", ["a.example.pem", "mail.example.org.rsa.pem"])
def test_damaged_file_is_named(tls, file, text):
    """It isn't skipped, or clients would get a wrong certificate."""
    put(tls, mail__example__org=MAIN)
    (tls / file).write_text(text)

    with pytest.raises(UnableError, match="is not a key with its certi") as caught:
        store.load(tls)

    (problem,) = caught.value.problems
    assert problem.startswith(f"{tls / file}: is not ")
    assert "restore it" in problem


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")
def test_unknown_kind_of_key_counts_as_damaged(tls):
    """On a curve that the library gave up, say."""
    key = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
         "ec_paramgen_curve:secp112r1"],
        capture_output=True, check=True, text=True,
    ).stdout  # fmt: skip
    (tls / "a.example.pem").write_text(key + MAIN.pem[MAIN.pem.index("-----BEGIN C") :])

    with pytest.raises(UnableError, match="is not a key with its certificate"):
        store.load(tls)


def test_foreign_key_counts_as_damaged(tls):
    """Two files were mixed up, so every handshake would fail."""
    mixed = type(MAIN)(ecdsa(), MAIN.chain)
    put(tls, mail__example__org=mixed)

    with pytest.raises(UnableError, match="is not a key with its certificate"):
        store.load(tls)


def test_unreadable_names_count_as_damaged(tls):
    """The certificate is one, but for what it says of its hosts."""
    (tls / "a.example.pem").write_text(bundled(issue_with_garbled_names()).pem)

    with pytest.raises(UnableError, match="is not a key with its certificate"):
        store.load(tls)


def test_future_texts_are_parsed_like_files(tls):
    """A plan is made before its files are written."""
    found = store.parse({"a.example.pem": bundle("a.example").pem}, tls)

    assert found["a.example"].main.names == ("a.example",)
    with pytest.raises(UnableError, match=r"tls/b\.example\.pem"):
        store.parse({"b.example.pem": "half"}, tls)


def test_probe_host_is_its_own_name_if_covered(tls):
    """Otherwise the first it is for, and some name for a star."""
    put(
        tls,
        a__example=bundle("b.example", "a.example"),
        c__example=bundle("*.c.example", "d.example"),
        e__example=bundle("f.example", "*.c.example"),
    )

    found = store.load(tls)

    assert {name: each.probe_host for name, each in found.items()} == {
        "a.example": "a.example",
        "c.example": "any.c.example",
        "e.example": "f.example",
    }


def test_keys_of_one_certificate_may_be_those_of_another(tls):
    """A key may be kept through renewals, and serve two names."""
    put(tls, mail__example__org=RSA, a__example=bundle("a.example", key=rsa_key()))

    assert len(store.load(tls)) == 2
