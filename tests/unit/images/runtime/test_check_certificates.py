"""What a container takes for a certificate: check-certificates itself."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from stack.certs.bundle import Bundle
from tests.support.certs.authority import (
    DAY,
    HOST,
    Issued,
    authority,
    rsa_key,
    server,
    signed_badly,
)
from tests.support.certs.bundles import MIDDLE, ROOT, TODAY, bundle, bundled
from tests.support.places import IMAGES

PROGRAM = IMAGES / "runtime/checks/check-certificates"
FILE = f"{HOST}.pem"

LIFE = {"begin": TODAY - DAY, "end": TODAY + 90 * DAY}
GOOD = bundle()
KEY = GOOD.pem.partition("-----BEGIN CERTIFICATE-----")[0]
RSA_ROOT = authority("An old root", key=rsa_key(), **LIFE)
SHA1 = hashes.SHA1()  # noqa: S303 - to be refused
OLD_MIDDLE = authority("Middle of old", ROOT, begin=TODAY - 9 * DAY, end=TODAY - DAY)


def alone(issued: Issued) -> str:
    """The text of *issued* with nothing above it."""
    return bundled(issued).pem


def badly(*above: Issued) -> str:
    """The text of one that is signed with SHA-1, with what is *above* it."""
    made = server(RSA_ROOT, HOST, key=rsa_key(), **LIFE)
    return bundled(signed_badly(made, RSA_ROOT, SHA1), *above).pem


# Whatever is in use, or nothing.
BROKEN = {
    "an empty file": ("", "no certificate and private key"),
    "no key": (GOOD.pem.removeprefix(KEY), "no certificate and private key"),
    "no certificate": (KEY, "no certificate and private key"),
    "another key": (
        bundle().pem.partition("-----BEGIN CERT")[0] + GOOD.pem.removeprefix(KEY),
        "was not made for this key",
    ),
    "cut off": (GOOD.pem[:-200], "damaged or cut off"),
    "in a wrong order": (
        KEY + MIDDLE.pem + GOOD.pem.removeprefix(KEY).removesuffix(MIDDLE.pem),
        "was not made for this key",
    ),
    "with a stranger's issuer": (
        alone(server(MIDDLE, HOST, **LIFE)) + authority("Other", ROOT, **LIFE).pem,
        "are no chain",
    ),
}

# Only while there is a better one.
UNSOUND = {
    "expired": (bundle(begin=TODAY - 9 * DAY, end=TODAY - DAY).pem, "expired"),
    "not valid yet": (bundle(begin=TODAY + DAY).pem, "not yet valid"),
    "an issuer that has ended": (
        bundled(server(OLD_MIDDLE, HOST, **LIFE), OLD_MIDDLE).pem,
        "expired",
    ),
    "for another name": (bundle("www.example.org").pem, f"is not for {HOST}"),
    "for no name": (bundle(names=()).pem, f"is not for {HOST}"),
    "signed with SHA-1": (badly(RSA_ROOT), "too weak"),
    "signed with SHA-1, alone": (badly(), "a hash that clients refuse"),
    "a short key": (bundle(key=rsa_key(1024)).pem, "key too weak"),
    "a rare curve": (
        bundle(key=ec.generate_private_key(ec.SECP521R1())).pem,
        "few clients verify",
    ),
    "a rare kind": (
        bundle(key=ed25519.Ed25519PrivateKey.generate()).pem,
        "few clients verify",
    ),
    "without its issuer": (
        alone(server(MIDDLE, HOST, **LIFE)),
        "certificate of its issuer is missing",
    ),
}


SOUND = {
    "the same again": GOOD.pem,
    "a renewal": bundle().pem,
    "RSA": bundle(rsa=True).pem,
    "P-384": bundle(key=ec.generate_private_key(ec.SECP384R1())).pem,
    "a wildcard": bundle("*.example.org").pem,
    "for names below": bundle(f"*.{HOST}").pem,
    "several names": bundle("a.example", HOST).pem,
    "the root along": bundle().pem + ROOT.pem,
    "straight from a root": alone(server(RSA_ROOT, HOST, **LIFE)),
    "by itself": alone(server(None, HOST, **LIFE)),
    "a root signed with SHA-1": bundled(
        server(RSA_ROOT, HOST, **LIFE), signed_badly(RSA_ROOT, RSA_ROOT, SHA1)
    ).pem,
}


@pytest.fixture
def judge(tmp_path: Path):
    """Judge a text as the new content of FILE, while *used* is served or nothing is."""
    new, live = tmp_path / "new", tmp_path / "live"
    new.mkdir()
    live.mkdir()

    def call(text: str, used: Bundle | None) -> tuple[int, str]:
        (new / FILE).write_text(text)
        if used:
            (live / FILE).write_text(used.pem)
        return ask(new / FILE, live)

    return call


def ask(file: Path, live: Path) -> tuple[int, str]:
    """Have *file* judged while *live* holds what is in use."""
    done = subprocess.run(
        [str(PROGRAM), str(live)],
        input=f"{file}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.parametrize("used", [GOOD, None], ids=["beside a good one", "at first"])
@pytest.mark.parametrize("case", BROKEN)
def test_unusable_certificate_is_always_refused(judge, case, used):
    """The file is named, and what is wrong with it."""
    text, words = BROKEN[case]

    status, said = judge(text, used)

    assert status == 1
    assert f"/{FILE}: " in said
    assert words in said


@pytest.mark.parametrize("case", UNSOUND)
def test_weak_certificate_does_not_replace_a_good_one(judge, case):
    """As `stack cert import` would not have taken it."""
    text, words = UNSOUND[case]

    status, said = judge(text, GOOD)

    assert status == 1
    assert words in said


@pytest.mark.parametrize("case", UNSOUND)
def test_weak_certificate_is_taken_if_there_is_no_other(judge, case):
    """Who starts for the first time, or whose own one has ended, serves it."""
    text, _ = UNSOUND[case]

    assert judge(text, None) == (0, "")
    assert judge(text, Bundle.parse(text)) == (0, "")


@pytest.mark.parametrize("case", SOUND)
def test_good_certificate_is_taken(judge, case):
    """Whatever is in use."""
    assert judge(SOUND[case], GOOD) == (0, "")
    assert judge(SOUND[case], None) == (0, "")


def test_an_authority_may_drop_the_last_of_its_issuers(judge):
    """One that another root had vouched for is a root to clients by now."""
    crossed = authority("Root", RSA_ROOT, key=ROOT.key, **LIFE)
    longer = bundled(server(MIDDLE, HOST, **LIFE), MIDDLE, crossed)

    assert judge(GOOD.pem, longer) == (0, "")


@pytest.mark.parametrize("kind", ["missing", "folder", "link"])
def test_folder_or_dangling_link_is_told_from_a_missing_file(tmp_path, kind):
    """A folder or a link in its place is named as such."""
    path = tmp_path / FILE
    if kind == "folder":
        path.mkdir()
    if kind == "link":
        path.symlink_to("/nowhere/at/all.pem")

    status, said = ask(path, tmp_path / "live")

    assert status == 1
    assert said.startswith(f"{path}: is {'' if kind == 'missing' else 'a '}{kind}")
