"""
Imported files that are not a key with its certificates are refused, with a remedy.
"""

import random

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs7,
    pkcs12,
)

from stack.certs.validation import trust
from stack.system.errors import StackError
from tests.support.certs.acceptance import (
    LEAF,
    LOWER,
    MIDDLE,
    ROOT,
    STRANGER,
    WHOLE,
    accept,
    certificates,
    problems,
)
from tests.support.certs.authority import (
    HOST,
    authority,
    rsa_key,
    server,
)

# --- What is refused: what was brought ---


@pytest.mark.parametrize("text", ["", " \r\n\t"])
def test_empty_text_is_refused(text):
    """An empty file is told as such."""
    assert problems(text) == [
        "it is empty: bring the private key and the certificates, as PEM"
    ]


def as_read(data: bytes) -> str:
    """Return *data* as stack.system.files.read does."""
    return data.decode(errors="surrogateescape")


def der_files() -> dict[str, bytes]:
    """Return what is DER, by what it is."""
    private = LEAF.key.private_bytes
    old = PrivateFormat.TraditionalOpenSSL
    return {
        "certificate": LEAF.certificate.public_bytes(Encoding.DER),
        "key": private(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        "short key": private(Encoding.DER, old, NoEncryption()),
        "rsa": rsa_key().private_bytes(Encoding.DER, old, NoEncryption()),
    }


@pytest.mark.parametrize("data", der_files().values(), ids=der_files())
@pytest.mark.parametrize("read", [as_read, lambda data: data.decode("latin-1")])
def test_der_is_refused_with_the_way_to_pem(data, read):
    """However the file was read: the command that turns it into PEM."""
    (said,) = problems(read(data))

    assert "it is DER" in said
    assert "`openssl x509 -inform DER -in FILE -out NEW`" in said
    assert "`openssl pkey -inform DER -in FILE -out NEW`" in said


def test_pkcs12_is_refused_with_the_way_to_pem():
    """What Windows and Java export."""
    data = pkcs12.serialize_key_and_certificates(
        b"mail", LEAF.key, LEAF.certificate, None, BestAvailableEncryption(b"secret")
    )

    (said,) = problems(as_read(data))

    assert "`openssl pkcs12 -in FILE -nodes -out NEW`" in said


@pytest.mark.parametrize(
    "text", ["hello", "MIIBszCCAVk=\n", "0", "\ud800\udfff", "\0\0", "€" * 99]
)
def test_garbage_is_refused(text):
    """With what PEM looks like, and the commands that may help."""
    (said,) = problems(text)

    assert said.startswith("it is not PEM, whose lines are like -----BEGIN CERT")


def test_certificates_without_their_key_are_refused():
    """The key is what people forget."""
    (said,) = problems(LEAF.pem, LOWER.pem, MIDDLE.pem)

    assert said.startswith("there is no private key in it: add it")


def test_a_key_without_its_certificate_is_refused():
    """Or the certificate."""
    (said,) = problems(LEAF.key_pem)

    assert said.startswith("there is no certificate in it: add it")


def test_two_keys_are_refused():
    """The right one can't be guessed."""
    (said,) = problems(WHOLE, STRANGER.key_pem)

    assert said.startswith("2 private keys are in it: leave only the one")


@pytest.mark.parametrize(
    "form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL]
)
def test_an_encrypted_key_is_refused(form):
    """In both forms, with the command that decrypts it."""
    locked = LEAF.key.private_bytes(
        Encoding.PEM, form, BestAvailableEncryption(b"secret")
    ).decode()

    (said,) = problems(locked, LEAF.pem, LOWER.pem, MIDDLE.pem)

    assert said.startswith("the private key is encrypted")
    assert "`openssl pkey -in KEY -out NEW`" in said


@pytest.mark.parametrize(
    ("cut", "what"), [("END PRIVATE", "private key"), ("END CERT", "certificate")]
)
def test_truncated_block_is_refused(cut, what):
    """A copy without its last line is reported as damaged, not as missing."""
    single = LEAF.key_pem + server(ROOT, key=LEAF.key).pem

    (said,) = problems(single.replace(f"-----{cut}", "-----"))

    assert said.startswith(f"a {what} in it is damaged or cut off: copy it anew")


def test_damaged_block_is_refused():
    """One changed character is enough, in the key or in a certificate."""
    damaged = WHOLE.replace("\nMII", "\n!II").replace("\nMIG", "\n!IG")

    said = problems(damaged)

    assert [each.partition(" in it")[0] for each in said] == [
        "a private key",
        "a certificate",
    ]


def test_certificate_request_is_refused():
    """Operators often import the request instead of the certificate."""
    block = "-----{} CERTIFICATE REQUEST-----\n"

    said = problems(LEAF.key_pem, block.format("BEGIN"), block.format("END"))

    assert said[0].startswith("it holds a certificate request")


def test_a_trusted_certificate_is_refused_with_the_way_out_of_it():
    """As `openssl x509 -trustout` writes it; no daemon takes it."""
    trusted = LEAF.pem.replace(" CERTIFICATE-----", " TRUSTED CERTIFICATE-----")

    said = problems(LEAF.key_pem, trusted)

    assert "`openssl x509 -in FILE -out NEW`" in said[0]


def test_pkcs7_is_refused_with_the_way_out_of_it():
    """What some authorities send."""
    wrapped = pkcs7.serialize_certificates(certificates(LEAF, LOWER), Encoding.PEM)

    said = problems(LEAF.key_pem, wrapped.decode())

    assert "`openssl pkcs7 -print_certs -in FILE -out NEW`" in said[0]


# --- What is refused: the key ---


def test_a_key_of_another_certificate_is_refused():
    """The certificates that were seen are named."""
    (said,) = problems(STRANGER.key_pem, LEAF.pem, LOWER.pem, MIDDLE.pem)

    assert "fits none of the certificates in it (mail.example.org, Lower, Mi" in said


def test_a_short_rsa_key_is_refused():
    """Clients want 2048 bits (Debian's OpenSSL at its security level 2)."""
    leaf = server(ROOT, key=rsa_key(1024))

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert said.startswith("its RSA key has 1024 bits, too few: have the certificate")


def dsa_key():
    """Return a key of a kind that TLS doesn't use."""
    return dsa.generate_private_key(1024)  # noqa: S505 - a longer one takes seconds


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda: ec.generate_private_key(ec.SECP521R1()), "on the curve secp521r1"),
        (lambda: ec.generate_private_key(ec.SECP256K1()), "on the curve secp256k1"),
        (ed25519.Ed25519PrivateKey.generate, "of the kind Ed25519"),
        (dsa_key, "of the kind DSA"),
    ],
    ids=["P-521", "secp256k1", "Ed25519", "DSA"],
)
def test_rare_kind_of_key_is_refused(make, why):
    """The message names the usual kinds."""
    leaf = server(ROOT, key=make())

    (said,) = problems(leaf.key_pem, leaf.pem)

    assert said.startswith(f"its key is {why}")
    assert "ECDSA P-256, ECDSA P-384, or RSA with at least 2048 bits" in said


def test_untrusted_names_are_shown_safely():
    """No line end and no escape sequence of a certificate reaches the terminal."""
    evil = authority("a\n\x1b[31mb\u202ec" + "d" * 40)
    leaf = server(evil)

    said = problems(leaf.key_pem, leaf.pem)

    assert "a\\n\\x1b[31mb\\u202ecd" in said[0]


def test_no_garbage_ends_in_a_stack_trace():
    """Cut, changed or swapped text is accepted, or refused with a message."""
    chance = random.Random(1)  # noqa: S311 - no secret
    text = WHOLE + ROOT.pem
    for _ in range(300):
        letters = list(text)
        for _ in range(chance.choice([1, 3, 30])):
            at = chance.randrange(len(letters))
            letters[at : at + chance.choice([0, 1, 200])] = chance.choice(
                "A\n-=\0ü\udc80"
            )
        said = outcome("".join(letters))

        assert all(each and each.isprintable() for each in said)


def outcome(text: str) -> tuple[str, ...]:
    """Return what is said against *text*; nothing if it is taken, and for our host."""
    try:
        taken = accept(text)
    except StackError as error:
        return error.problems or ("",)
    return () if taken.covers(HOST) else ("taken\n",)


# --- Whom this machine trusts ---


def test_roots_of_the_machine_are_loaded(tmp_path, monkeypatch):
    """From its one file and from its folder, each once; what is no root is skipped."""
    other = authority("Other")
    (tmp_path / "all.crt").write_text(f"Müller\n{ROOT.pem}{ROOT.pem[:99]}\n{ROOT.pem}")
    (tmp_path / "0a1b2c3d.0").write_text(ROOT.pem)
    (tmp_path / "0a1b2c3e.0").write_text(other.pem)
    (tmp_path / "0a1b2c3f.0").symlink_to("gone")
    paths = trust.ssl.get_default_verify_paths()._replace(
        cafile=str(tmp_path / "all.crt"), capath=str(tmp_path)
    )
    monkeypatch.setattr(trust.ssl, "get_default_verify_paths", lambda: paths)
    trust.known_here.cache_clear()

    found = trust.known_here()

    trust.known_here.cache_clear()
    assert list(found) == certificates(ROOT, other)


def test_machine_without_roots_has_none(monkeypatch):
    """A small container lacks the package."""
    paths = trust.ssl.get_default_verify_paths()._replace(cafile=None, capath=None)
    monkeypatch.setattr(trust.ssl, "get_default_verify_paths", lambda: paths)
    trust.known_here.cache_clear()

    found = trust.known_here()

    trust.known_here.cache_clear()
    assert found == ()
