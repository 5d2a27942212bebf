"""DKIM keys are made once, and match their DNS records."""

from base64 import b64decode
from datetime import UTC, datetime

import dkim as dkimpy
import pytest

from stack.dns import dkim_keys
from stack.dns.dkim_keys import SigningKeys
from stack.system.errors import UnableError

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LATER = datetime(2027, 2, 1, tzinfo=UTC)
MAIL = b"From: alice@example.org\r\nSubject: test\r\n\r\nHello.\r\n"


@pytest.fixture
def keys(tmp_path) -> SigningKeys:
    """Both keys of example.org, written to tmp_path."""
    found, new = dkim_keys.ensure(tmp_path, "example.org", NOW)
    (tmp_path / "example.org").mkdir()
    for path, text in new.items():
        path.write_text(text)
    return found


def test_a_domain_gets_two_keys_named_by_the_month(tmp_path):
    """RSA for all, Ed25519 for those who know it, under selectors of their own."""
    keys, new = dkim_keys.ensure(tmp_path, "example.org", NOW)

    assert keys == SigningKeys("example.org", "rsa-202611", "ed25519-202611")
    assert [path.relative_to(tmp_path).as_posix() for path in new] == [
        "example.org/rsa-202611.pem",
        "example.org/ed25519-202611.seed",
    ]
    assert list(tmp_path.iterdir()) == []


def test_existing_key_is_never_replaced(tmp_path, keys):
    """Months later the same keys are found, and none is to be written."""
    assert dkim_keys.ensure(tmp_path, "example.org", LATER) == (keys, {})


def test_only_the_missing_key_is_made(tmp_path, keys):
    """Where one of the two is lost, the other stays."""
    (tmp_path / "example.org" / "ed25519-202611.seed").unlink()

    found, new = dkim_keys.ensure(tmp_path, "example.org", LATER)

    assert found == SigningKeys("example.org", "rsa-202611", "ed25519-202702")
    assert [path.name for path in new] == ["ed25519-202702.seed"]


def test_the_newest_key_signs(tmp_path, keys):
    """Of several the one of the latest month is current; other files are no keys."""
    home = tmp_path / "example.org"
    for name in ("rsa-202702.pem", "rsa-209901.pem.old", ".rsa-209902.pem.new"):
        (home / name).write_text("")

    assert dkim_keys.current(tmp_path, "example.org").rsa_selector == "rsa-202702"


def test_an_independent_library_verifies_by_the_record(tmp_path, keys):
    """What dkimpy signs with the keys, dkimpy verifies by what we publish."""
    records = dkim_keys.records(tmp_path, keys)
    home = tmp_path / "example.org"
    secrets = {
        b"rsa-sha256": (keys.rsa_selector, home / f"{keys.rsa_selector}.pem"),
        b"ed25519-sha256": (
            keys.ed25519_selector,
            home / f"{keys.ed25519_selector}.seed",
        ),
    }

    for algorithm, (selector, path) in secrets.items():
        header = dkimpy.sign(
            MAIL,
            selector.encode(),
            b"example.org",
            path.read_bytes(),
            signature_algorithm=algorithm,
        )
        asked = []

        def answer(name, timeout=5, selector=selector, asked=asked):
            asked.append(name)
            return records[selector].encode()

        assert dkimpy.verify(header + MAIL, dnsfunc=answer)
        assert asked == [f"{selector}._domainkey.example.org.".encode()]


def test_private_keys_are_in_the_signers_format(tmp_path, keys):
    """RSA as PKCS#8 in PEM with 2048 bits, Ed25519 as the bare seed in base64."""
    home = tmp_path / "example.org"
    records = dkim_keys.records(tmp_path, keys)

    assert (home / "rsa-202611.pem").read_text().startswith("-----BEGIN PRIVATE KEY")
    assert len(b64decode((home / "ed25519-202611.seed").read_text())) == 32
    assert len(b64decode(records["rsa-202611"].partition("p=")[2])) == 294
    assert len(b64decode(records["ed25519-202611"].partition("p=")[2])) == 32


@pytest.mark.parametrize("name", ["rsa-202611.pem", "ed25519-202611.seed"])
@pytest.mark.parametrize("text", [None, "", "rubbish\n", "-----BEGIN PRIVATE KEY-----"])
def test_damaged_key_is_named(tmp_path, keys, name, text):
    """No record is shown for a key that can't be read, and its file is named."""
    path = tmp_path / "example.org" / name
    path.unlink()
    if text is not None:
        path.write_text(text)

    with pytest.raises(UnableError, match=f"{name}: missing or not a DKIM key"):
        dkim_keys.records(tmp_path, keys)


def test_a_domain_without_keys_has_no_records(tmp_path):
    """Before `stack init` made the keys, that is what to run."""
    found = dkim_keys.current(tmp_path, "example.net")

    with pytest.raises(UnableError, match="has not both DKIM keys yet: run `stack i"):
        dkim_keys.records(tmp_path, found)


@pytest.mark.parametrize("lost", ["rsa-202611.pem", "ed25519-202611.seed"])
def test_a_domain_with_one_key_has_no_records(tmp_path, keys, lost):
    """`stack init` makes the other one."""
    (tmp_path / "example.org" / lost).unlink()
    found = dkim_keys.current(tmp_path, "example.org")

    with pytest.raises(UnableError, match="has not both DKIM keys yet: run `stack i"):
        dkim_keys.records(tmp_path, found)
