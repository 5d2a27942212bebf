"""Sound certificates are imported; others are refused with every reason."""

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

from tests.support.certs.authority import authority, rsa_key, server, signed_badly
from tests.support.certs.imported import (
    LIFE,
    MIDDLE,
    NOW,
    ROOT,
    certificate,
    served,
    write_files,
)
from tests.support.configuration.reload import with_settings
from tests.support.server.server import HOSTNAME

GOOD = certificate()
RSA_ROOT = authority("An old root", key=rsa_key(), **LIFE)

LOCKED = GOOD.key.private_bytes(
    Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
).decode()
WEAK = hashes.SHA1()  # noqa: S303 - to be refused
BADLY = signed_badly(server(RSA_ROOT, **LIFE, host=HOSTNAME), RSA_ROOT, WEAK)

# Cases that depend on the libraries in the image; others are in tests/unit.
BAD = {
    "the key of another": (certificate().key_pem + GOOD.pem + MIDDLE.pem, "fits none"),
    "an encrypted key": (LOCKED + GOOD.pem + MIDDLE.pem, "encrypted"),
    "signed with SHA-1": (BADLY.key_pem + BADLY.pem + RSA_ROOT.pem, "SHA-1"),
}


@pytest.mark.core
@pytest.mark.parametrize("case", BAD)
def test_an_invalid_certificate_is_refused(server, certificates, case):
    """
    `stack cert import` refuses an invalid certificate with the reason.

    No file changes, and none is served.
    """
    text, reason = BAD[case]
    before = certificates.files()
    (path,) = write_files(server.project, bad=text)

    done = server.project.stack("cert", "import", path, check=False)

    assert done.returncode == 1
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
    assert "PRIVATE" not in done.stderr
    assert certificates.files() == before


@pytest.mark.core
def test_certificates_in_any_order_are_served_in_the_right_one(server, certificates):
    """
    A chain in any order, with its root, is served as leaf, then issuer.

    A client that trusts the root alone accepts it on every port; no authority is asked
    to renew it.
    """
    paths = write_files(
        server.project, a=ROOT.pem + MIDDLE.pem + GOOD.pem, b=GOOD.key_pem
    )

    server.project.stack("cert", "import", *paths)

    shown = certificates.of()
    assert certificates.served_everywhere(root=ROOT.pem) == {shown["sha256"]}
    assert shown["comes_from"] == "operator"
    renewed = certificates.cert("renew", "--force")
    assert "No certificate comes from an authority" in renewed.stderr
    text = server.project.as_root(f"cat var/tls/{HOSTNAME}.pem")
    assert text == served(GOOD)


def write_lineage(folder, issued, number: int = 1) -> None:
    """Write *issued* as the certificate *number* of another certbot's folder."""
    archive, live = folder / "archive" / HOSTNAME, folder / "live" / HOSTNAME
    for each in (archive, live):
        each.mkdir(parents=True, exist_ok=True)
    chain = issued.pem + MIDDLE.pem + ROOT.pem
    for name, text in {"privkey": issued.key_pem, "fullchain": chain}.items():
        (archive / f"{name}{number}.pem").write_text(text)
        (live / f"{name}.pem").unlink(missing_ok=True)
        (live / f"{name}.pem").symlink_to(
            f"../../archive/{HOSTNAME}/{name}{number}.pem"
        )


@pytest.fixture
def import_folder(server, certificates) -> Iterator[Path]:
    """Have IMPORT_FOLDER set to a new folder, which is mounted into `certs`."""
    folder = server.project.folder / "kept"
    folder.mkdir()
    up = ("up", "--no-deps", "--detach", "--wait", "certs")
    with with_settings(server.project, IMPORT_FOLDER=str(folder)):
        server.project.compose(*up)
        yield folder
    server.project.compose(*up)


@pytest.mark.provokes("certs", "IMPORT_FOLDER is not set")
def test_newer_certificates_in_import_folder_are_taken(certificates, import_folder):
    """
    From IMPORT_FOLDER the certificate for our name is imported, and each newer one.

    One for another name is refused with the reason.
    """
    write_lineage(import_folder, certificate("mail.elsewhere.test"))
    before = certificates.files()
    refused = certificates.cert("import", check=False)
    assert refused.returncode == 1
    assert "mail.elsewhere.test" in refused.stderr
    assert certificates.files() == before

    write_lineage(import_folder, certificate(end=NOW + timedelta(days=30)))
    certificates.cert("import")
    first = certificates.of()
    assert first["comes_from"] == "folder"

    write_lineage(import_folder, certificate(end=NOW + timedelta(days=60)), number=2)
    certificates.check_now()
    second = certificates.of()
    assert second["not_after"] > first["not_after"]
    assert certificates.served_everywhere() == {second["sha256"]}
