"""DKIM key files have the signer's format, and match their DNS records."""

from base64 import b64decode

import dkim as dkimpy
import pytest

from stack.dns.dkim import keys
from stack.system.errors import UnableError

MAIL = b"From: alice@example.org\r\nSubject: test\r\n\r\nHello.\r\n"
RSA, ED25519 = "rsa-202611", "ed25519-202611"


@pytest.fixture
def home(tmp_path):
    """A directory with a key of each kind."""
    keys.rsa_file(tmp_path, RSA).write_text(keys.new_rsa(2048))
    keys.ed25519_file(tmp_path, ED25519).write_text(keys.new_ed25519())
    return tmp_path


def test_the_newest_key_is_the_greatest_name():
    """Of the latest month, and of several in a month; other files are no keys."""
    names = ["rsa-202611.pem", "rsa-202611c.pem", "rsa-202611b.pem"]
    others = ["rsa-209901.pem.old", ".rsa-209902.pem.new", "ed25519-209903.seed"]

    assert keys.newest(keys.RSA, names + others) == "rsa-202611c"
    assert keys.newest(keys.RSA, [*names, "rsa-202612.pem"]) == "rsa-202612"
    assert keys.newest(keys.RSA, others) == ""


def test_private_keys_are_in_the_signers_format(home):
    """RSA as PKCS#8 in PEM with 2048 bits, Ed25519 as the bare seed in base64."""
    rsa, ed25519 = keys.rsa_file(home, RSA), keys.ed25519_file(home, ED25519)

    assert rsa.read_text().startswith("-----BEGIN PRIVATE KEY")
    assert len(b64decode(ed25519.read_text())) == 32
    assert len(b64decode(keys.rsa_record(rsa).partition("p=")[2])) == 294
    assert len(b64decode(keys.ed25519_record(ed25519).partition("p=")[2])) == 32


def test_the_length_of_a_key_is_read_from_its_record(home, tmp_path):
    """2048 or 4096 bits of RSA, 256 of Ed25519."""
    long = tmp_path / "long.pem"
    long.write_text(keys.new_rsa(4096))

    assert keys.bits(keys.rsa_record(keys.rsa_file(home, RSA))) == 2048
    assert keys.bits(keys.rsa_record(long)) == 4096
    assert keys.bits(keys.ed25519_record(keys.ed25519_file(home, ED25519))) == 256


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
def test_an_independent_library_verifies_by_the_record(home, algorithm):
    """What dkimpy signs with the key, dkimpy verifies by what we publish."""
    selector = {"rsa": RSA, "ed25519": ED25519}[algorithm]
    path = getattr(keys, f"{algorithm}_file")(home, selector)
    record = getattr(keys, f"{algorithm}_record")(path)

    header = dkimpy.sign(
        MAIL,
        selector.encode(),
        b"example.org",
        path.read_bytes(),
        signature_algorithm=f"{algorithm}-sha256".encode(),
    )
    asked = []

    def answer(name, timeout=5):
        asked.append(name)
        return record.encode()

    assert dkimpy.verify(header + MAIL, dnsfunc=answer)
    assert asked == [f"{selector}._domainkey.example.org.".encode()]


@pytest.mark.parametrize("algorithm", ["rsa", "ed25519"])
@pytest.mark.parametrize("text", [None, "", "rubbish\n", "-----BEGIN PRIVATE KEY-----"])
def test_damaged_key_is_named(tmp_path, algorithm, text):
    """No record is shown for a key that can't be read, and its file is named."""
    path = getattr(keys, f"{algorithm}_file")(tmp_path, "damaged")
    if text is not None:
        path.write_text(text)

    with pytest.raises(UnableError, match=rf"{path.name}: missing or not a DKIM key"):
        getattr(keys, f"{algorithm}_record")(path)
