"""Certificates from elsewhere: taken when they are sound, refused with the reason"""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from tests.unit.issuing import authority, rsa_key, server, signed_badly

from .brought import LIFE, MIDDLE, NOW, ROOT, bundle, certificate, lay, served
from .certificates import Certificates, believer, put_back
from .configuration import settings
from .server import HOSTNAME, PORTS
from .wait import wait_until

GOOD = certificate()
OTHER = certificate()
PAST = {"begin": NOW - timedelta(days=91), "end": NOW - timedelta(days=1)}
FUTURE = {"begin": NOW + timedelta(days=1), "end": NOW + timedelta(days=91)}
RSA_ROOT = authority("An old root", key=rsa_key(), **LIFE)

LOCKED = GOOD.key.private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
).decode()
SHORT = certificate(key=rsa_key(1024))
ENDED = certificate(**PAST)
EARLY = certificate(**FUTURE)
FOREIGN = certificate("mail.elsewhere.test")
WEAK = hashes.SHA1()  # noqa: S303 - to be refused
BADLY = signed_badly(server(RSA_ROOT, **LIFE, host=HOSTNAME), RSA_ROOT, WEAK)

BAD = {
    "the key of another": (OTHER.key_pem + GOOD.pem + MIDDLE.pem, "fits none"),
    "no key": (GOOD.pem + MIDDLE.pem, "there is no private key"),
    "no certificate": (GOOD.key_pem, "there is no certificate"),
    "an encrypted key": (LOCKED + GOOD.pem + MIDDLE.pem, "encrypted"),
    "a short key": (bundle(SHORT), "1024"),
    "another's name": (bundle(FOREIGN), "mail.elsewhere.test"),
    "expired": (bundle(ENDED), f"{PAST['end']:%Y-%m-%d}"),
    "not valid yet": (bundle(EARLY), f"{FUTURE['begin']:%Y-%m-%d}"),
    "an issuer is missing": (GOOD.key_pem + GOOD.pem, "Its right hand"),
    "signed with SHA-1": (BADLY.key_pem + BADLY.pem + RSA_ROOT.pem, "SHA-1"),
    "an authority's own": (ROOT.key_pem + ROOT.pem, HOSTNAME),
    "not PEM": ("\x30\x82\x01\x0a" * 100, "PEM"),
    "empty": ("", "PEM"),
}


@pytest.fixture(scope="module")
def certificates(server) -> Iterator[Certificates]:
    """Begin and end with what was there."""
    with put_back(server) as found:
        yield found


@pytest.mark.parametrize("case", BAD)
def test_what_is_not_sound_is_refused(server, certificates, case):
    """The reason is named; nothing is written, byte for byte, and nothing served."""
    text, reason = BAD[case]
    before = certificates.files()
    (path,) = lay(server.project, bad=text)

    done = server.project.stack("cert", "import", path, check=False)

    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert "PRIVATE" not in done.stderr
    assert certificates.files() == before


def test_files_in_any_order_are_served_in_the_right_one(server, certificates):
    """
    The issuers may come first and the root along: each port serves leaf, then issuer.

    Who believes the root alone is satisfied everywhere.
    """
    paths = lay(server.project, a=ROOT.pem + MIDDLE.pem + GOOD.pem, b=GOOD.key_pem)

    server.project.stack("cert", "import", *paths)

    for port in PORTS:
        with certificates.connect(port, believer(ROOT.pem, HOSTNAME)) as session:
            assert session.socket.getpeercert()
    text = server.project.as_root(f"cat var/tls/{HOSTNAME}.pem")
    assert text == served(GOOD)
    assert certificates.of()["comes_from"] == "operator"


def test_the_service_renews_no_certificate_that_was_brought(server, certificates):
    """What an operator brings in the place of an authority's is his to replace."""
    certificates.issue()
    (path,) = lay(server.project, whole=bundle(GOOD))

    certificates.cert("import", path)
    renewed = certificates.cert("renew", "--force")

    assert "No certificate comes from an authority" in renewed.stderr
    assert certificates.everywhere() == {certificates.of()["sha256"]}
    assert certificates.of()["issuer"] == "Its right hand"


def test_a_certificate_that_vouches_for_itself_can_be_had_again(server, certificates):
    """`self-signed` makes one for the host, served everywhere."""
    before = certificates.of()["sha256"]

    server.project.stack("cert", "self-signed")

    after = certificates.of()
    assert after["issuer"] == "itself"
    assert certificates.everywhere() == {after["sha256"]} != {before}


def caddy(folder, issued) -> None:
    """Keep *issued* as Caddy does."""
    home = folder / "certificates" / "some-authority" / HOSTNAME
    home.mkdir(parents=True, exist_ok=True)
    (home / f"{HOSTNAME}.crt").write_text(issued.pem + MIDDLE.pem + ROOT.pem)
    (home / f"{HOSTNAME}.key").write_text(issued.key_pem)


def traefik(folder, issued) -> None:
    """Keep *issued* as Traefik does."""
    chain = issued.pem + MIDDLE.pem + ROOT.pem
    kept = {
        "domain": {"main": HOSTNAME},
        "certificate": b64encode(chain.encode()).decode(),
        "key": b64encode(issued.key_pem.encode()).decode(),
    }
    folder.mkdir(exist_ok=True)
    (folder / "acme.json").write_text(json.dumps({"any": {"Certificates": [kept]}}))


def certbot(folder, issued) -> None:
    """Keep *issued* as another certbot does."""
    archive, live = folder / "archive" / HOSTNAME, folder / "live" / HOSTNAME
    for each in (archive, live):
        each.mkdir(parents=True, exist_ok=True)
    number = len(list(archive.glob("privkey*"))) + 1
    chain = issued.pem + MIDDLE.pem + ROOT.pem
    for name, text in {"privkey": issued.key_pem, "fullchain": chain}.items():
        (archive / f"{name}{number}.pem").write_text(text)
        (live / f"{name}.pem").unlink(missing_ok=True)
        (live / f"{name}.pem").symlink_to(
            f"../../archive/{HOSTNAME}/{name}{number}.pem"
        )


@pytest.mark.parametrize("keep", [caddy, traefik, certbot])
@pytest.mark.provokes("certs", "IMPORT_FOLDER is not set")
def test_a_folder_that_another_program_keeps_is_followed(server, certificates, keep):
    """
    `stack cert import` takes the certificate, and the service certs each newer one.
    """
    project = server.project
    folder = project.folder / "kept" / keep.__name__
    folder.mkdir(parents=True)
    older = certificate(end=NOW + timedelta(days=30))
    newer = certificate(end=NOW + timedelta(days=60))
    keep(folder, older)
    up = ("up", "--detach", "--wait", "certs")
    with settings(project, IMPORT_FOLDER=str(folder)):
        project.run_stack("cert", "import")
        project.compose(*up)
        assert certificates.of()["comes_from"] == "folder"
        assert certificates.of()["not_after"][:10] == f"{NOW + timedelta(days=30):%F}"

        keep(folder, newer)
        certificates.look_again()
        wait_until(
            lambda: (
                certificates.of()["not_after"][:10] == f"{NOW + timedelta(days=60):%F}"
            ),
            "the newer certificate in use",
        )
    certificates.proven()
    project.compose(*up)


def test_a_folder_without_the_name_is_told_of(server, certificates):
    """What was found, and why it was not taken; nothing changes."""
    folder = server.project.folder / "kept" / "wrong"
    caddy(folder, certificate("mail.elsewhere.test"))
    before = certificates.files()

    with settings(server.project, IMPORT_FOLDER=str(folder)):
        done = server.project.run_stack("cert", "import", check=False)

    assert done.returncode == 1
    assert "mail.elsewhere.test" in done.stderr
    assert certificates.files() == before
