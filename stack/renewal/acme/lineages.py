"""
Reads the certificates in certbot's folders.

A lineage is a certificate with all its renewals: archive/NAME/cert1.pem, cert2.pem, …
The links in live/ are not used: after a kill they may be those of two renewals.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from stack.certs.bundle import Bundle, fingerprint
from stack.system import files

VERSION = re.compile(r"fullchain([0-9]+)\.pem")


def folder(acme: Path) -> Path:
    """Return certbot's configuration folder below var/acme."""
    return acme / "certbot"


def has_account(acme: Path, url: str) -> bool:
    """Say whether we have an account at the authority with the directory *url*."""
    where = folder(acme) / "accounts" / url.partition("://")[2]
    return any(files.exists(where / each / "regr.json") for each in files.names(where))


def authority(acme: Path, name: str) -> str | None:
    """Return the directory URL of the authority that issued *name*, if any."""
    text = files.read(folder(acme) / "renewal" / f"{name}.conf") or ""
    found = re.search(r"^server = (\S+)$", text, re.MULTILINE)
    return found[1] if found else None


def set_aside_if_broken(acme: Path, name: str) -> None:
    """
    Move the files of the lineage *name* away if its renewal configuration is missing.

    A kill can leave such a lineage. certbot would then order a certificate each time,
    and refuse to store it, or store it under another name.
    """
    left = [
        folder(acme) / place
        for place in (f"archive/{name}", f"live/{name}", f"renewal/{name}.conf")
        if files.exists(folder(acme) / place)
    ]
    if left and not authority(acme, name):
        put_away = folder(acme) / "broken" / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S}"
        put_away.mkdir(parents=True, exist_ok=True)
        for path in left:
            path.rename(put_away / path.parent.name)


def latest(acme: Path, name: str) -> Bundle | None:
    """Return the latest complete certificate of the lineage *name*, if there is one."""
    for version in sorted(_versions(acme, name), reverse=True):
        if bundle := _bundle(acme, name, version):
            return bundle
    return None


def certificate_file(acme: Path, name: str, wanted: str) -> Path | None:
    """Return the certificate file of *name* with the SHA-256 *wanted*, if any."""
    for version in _versions(acme, name):
        path = _archive(acme, name) / f"cert{version}.pem"
        try:
            found = x509.load_pem_x509_certificate(path.read_bytes())
        except (OSError, ValueError):
            continue
        if fingerprint(found) == wanted:
            return path
    return None


def _versions(acme: Path, name: str) -> list[int]:
    found = map(VERSION.fullmatch, files.names(_archive(acme, name)))
    return [int(match[1]) for match in found if match]


def _bundle(acme: Path, name: str, version: int) -> Bundle | None:
    archive = _archive(acme, name)
    try:
        bundle = Bundle.parse(
            (archive / f"privkey{version}.pem").read_text()
            + (archive / f"fullchain{version}.pem").read_text()
        )
    except (OSError, ValueError):
        return None
    return bundle if bundle.chain and bundle.key_matches else None


def _archive(acme: Path, name: str) -> Path:
    return folder(acme) / "archive" / name
