"""The milter's own files: what is wrong in them is named with file and line."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateNumbers,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from mail_auth.dkim.private_keys import read_ed25519, read_rsa
from mail_auth.signing.key_tables import (
    KeyRow,
    check_pairs,
    key_name_for,
    key_table,
    signing_table,
)
from milter_runtime.config_file import ConfigError, options

_KEYS = {"a.test": KeyRow(1, "a.test", "rsa", "")}


@pytest.fixture
def write(tmp_path):
    """A function that writes a file of that name and returns its path."""

    def file(name, text):
        path = tmp_path / name
        path.write_text(text)
        return path

    return file


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Mode s\nSigningTabel x\n", ":2: unknown option SigningTabel"),
        ("Mode s\nMode v\n", ":2: Mode is already set"),
        ("# ok\nMode\n", ":2: Mode takes one value, not 0"),
        ("# ok\n\n# ü\n", ":3: not plain ASCII"),
    ],
)
def test_a_wrong_option_is_an_error(write, text, problem):
    """dkimpy-milter itself would ignore each of these in silence."""
    path = write("dkimpy-milter.conf", text)

    with pytest.raises(ConfigError) as error:
        options(path, frozenset({"Mode"}))

    assert str(error.value) == f"{path}{problem}"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("a.test a.test:sel", "expected: name domain:selector:/path"),
        ("a.test a.test:sel:relative", "expected: name domain:selector:/path"),
        ("a.test A.test:sel:/x", "write A.test in lower case"),
        ("a.test a.test:sel:/nowhere", "key file /nowhere: No such file or directory"),
    ],
)
def test_a_wrong_row_of_a_key_table_is_an_error(write, row, problem):
    """The first row that can't be used is named."""
    path = write("KeyTable", f"# keys\n{row}\n")

    with pytest.raises(ConfigError) as error:
        key_table(path, read_rsa)

    assert str(error.value) == f"{path}:2: {problem}"


def test_a_key_is_parsed_before_it_is_used(write):
    """What isn't an RSA key of 2048 bits, or a seed of 32 bytes, is refused."""
    short = generate_private_key(65537, 1024).private_bytes(  # noqa: S505 - the point
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    rsa = generate_private_key(65537, 2048).private_numbers()
    broken = RSAPrivateNumbers(
        rsa.p,
        rsa.q,
        rsa.d + 2,
        rsa.dmp1 + 2,
        rsa.dmq1 + 2,
        rsa.iqmp,
        rsa.public_numbers,
    ).private_key(unsafe_skip_rsa_key_validation=True)
    pem = broken.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    good = write("seed", base64.b64encode(bytes(32)).decode() + "\n")
    files = [
        (write("short", short.decode()), read_rsa, "RSA key of 1024 bits"),
        (write("broken", pem.decode()), read_rsa, "signatures do not hold"),
        (good, read_rsa, "not a private key in PEM"),
        (write("text", "no seed!"), read_ed25519, "not base64"),
        (write("small", "AAAA"), read_ed25519, "32 bytes, not 3"),
    ]

    for file, read, problem in files:
        with pytest.raises(ConfigError, match=f":1: key file .*{problem}"):
            key_table(write("KeyTable", f"a a.test:s:{file}"), read)
    rows = key_table(write("KeyTable", f"a a.test:s:{good}"), read_ed25519)
    assert rows["a"].key == good.read_text().strip()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("*@a.test\n", ":1: expected: *@domain name"),
        ("a@a.test a.test\n", ":1: expected: *@domain name"),
        ("*@a.test a.test\n*@a.test a.test\n", ":2: a second row for a.test"),
        ("*@b.test b.test\n", ":1: no row b.test in KeyTable"),
        ("*@b.test a.test\n", ":1: b.test would be signed as a.test"),
        ("*@*.b.test a.test\n", ":1: *.b.test would be signed as a.test"),
        ("*@*a.test a.test\n", ":1: *a.test would be signed as a.test"),
        ("*@*.*.a.test a.test\n", ":1: *.*.a.test would be signed as a.test"),
        ("", ": no row for a.test (KeyTable:1)"),
    ],
)
def test_the_signing_table_fits_the_keys(write, text, problem):
    """Each domain is signed for with its own key, and each key is used."""
    path = write("SigningTable", text)

    with pytest.raises(ConfigError) as error:
        signing_table(path, _KEYS)

    assert str(error.value) == f"{path}{problem}"


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("a.test", "a"),
        ("x.a.test", "a"),
        ("y.x.a.test", "a"),
        ("b.a.test", "b.a"),
        ("x.b.a.test", "b.a"),
        ("xa.test", None),
        ("test", None),
        ("a.test.evil", None),
        ("x.c.test", None),
    ],
)
def test_subdomain_is_signed_by_its_nearest_parent(domain, name):
    """And what only looks like one is not signed at all."""
    table = {"a.test": "a", "*.a.test": "a", "b.a.test": "b.a", "*.b.a.test": "b.a"}

    assert key_name_for({**table, "c.test": "c"}, domain) == name


@pytest.mark.parametrize(
    ("other", "problem"),
    [
        ({}, "no row a.test in ed"),
        ({"a.test": KeyRow(7, "b.test", "ed", "")}, "ed:7: a.test is another domain"),
        ({"a.test": KeyRow(7, "a.test", "rsa", "")}, "ed:7: rsa has this selector"),
        (
            {"a.test": KeyRow(1, "a.test", "ed", ""), "z": KeyRow(8, "z", "ed", "")},
            "ed:8: no row z in rsa",
        ),
    ],
)
def test_each_domain_has_a_key_of_each_kind(tmp_path, other, problem):
    """Both signatures or none: a domain in one table only is an error."""
    with pytest.raises(ConfigError, match=problem):
        check_pairs(tmp_path / "rsa", _KEYS, tmp_path / "ed", other)
