"""Certificates from elsewhere: taken when they are sound, refused with the reason"""

import json
from base64 import b64encode
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from tests.unit.issuing import authority, rsa_key, server, signed_badly

from .brought import LIFE, MIDDLE, NOW, ROOT, certificate, lay, served
from .configuration import settings
from .server import HOSTNAME
from .wait import wait_until

GOOD = certificate()
RSA_ROOT = authority("An old root", key=rsa_key(), **LIFE)

LOCKED = GOOD.key.private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
).decode()
WEAK = hashes.SHA1()  # noqa: S303 - to be refused
BADLY = signed_badly(server(RSA_ROOT, **LIFE, host=HOSTNAME), RSA_ROOT, WEAK)

# What depends on the libraries in the image; all else is in tests/unit.
BAD = {
    "the key of another": (certificate().key_pem + GOOD.pem + MIDDLE.pem, "fits none"),
    "an encrypted key": (LOCKED + GOOD.pem + MIDDLE.pem, "encrypted"),
    "signed with SHA-1": (BADLY.key_pem + BADLY.pem + RSA_ROOT.pem, "SHA-1"),
}


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

    shown = certificates.of()
    assert certificates.everywhere(root=ROOT.pem) == {shown["sha256"]}
    assert shown["comes_from"] == "operator"
    text = server.project.as_root(f"cat var/tls/{HOSTNAME}.pem")
    assert text == served(GOOD)


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
    (folder / "acme.json").write_text(json.dumps({"any": {"Certificates": [kept]}}))


def certbot(folder, issued) -> None:
    """Keep *issued* as another certbot does."""
    archive, live = folder / "archive" / HOSTNAME, folder / "live" / HOSTNAME
    for each in (archive, live):
        each.mkdir(parents=True)
    chain = issued.pem + MIDDLE.pem + ROOT.pem
    for name, text in {"privkey": issued.key_pem, "fullchain": chain}.items():
        (archive / f"{name}1.pem").write_text(text)
        (live / f"{name}.pem").symlink_to(f"../../archive/{HOSTNAME}/{name}1.pem")


@pytest.fixture
def kept(server, certificates) -> Iterator[Path]:
    """Have the service certs look into a new folder: it is mounted there."""
    folder = server.project.folder / "kept"
    folder.mkdir()
    up = ("up", "--no-deps", "--detach", "--wait", "certs")
    with settings(server.project, IMPORT_FOLDER=str(folder)):
        server.project.compose(*up)
        yield folder
    server.project.compose(*up)


@pytest.mark.provokes("certs", "IMPORT_FOLDER is not set")
def test_a_folder_that_another_program_keeps_is_followed(certificates, kept):
    """
    `stack cert import` takes the certificate for our name, says why it takes no other,
    and the service certs takes each newer one: of certbot, Caddy and Traefik.
    """
    caddy(kept, certificate("mail.elsewhere.test"))
    before = certificates.files()
    refused = certificates.cert("import", check=False)
    assert refused.returncode == 1
    assert "mail.elsewhere.test" in refused.stderr
    assert certificates.files() == before

    first, *newer = [NOW + timedelta(days=days) for days in (30, 50, 70)]
    certbot(kept, certificate(end=first))
    certificates.cert("import")
    assert in_use(certificates) == ("folder", f"{first:%F}")

    for keep, end in zip((caddy, traefik), newer, strict=True):
        keep(kept, certificate(end=end))
        certificates.look_again()
        wait_until(
            lambda end=end: in_use(certificates) == ("folder", f"{end:%F}"),
            f"what {keep.__name__} keeps, in use",
        )
    wait_until(
        lambda: certificates.everywhere() == {certificates.of()["sha256"]},
        "the newest, on every port",
    )


def in_use(certificates) -> tuple[str, str]:
    """Tell where the certificate that is to be served comes from, and its last day."""
    shown = certificates.of()
    return shown["comes_from"], shown["not_after"][:10]
