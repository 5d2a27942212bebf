"""Certificates that an operator imports, and the authority that issued them."""

from datetime import UTC, datetime, timedelta

from tests.support.certs.authority import Issued, authority, rsa_key, server
from tests.support.server.project import Project
from tests.support.server.server import HOSTNAME

NOW = datetime.now(UTC)
LIFE = {"begin": NOW - timedelta(hours=1), "end": NOW + timedelta(days=90)}

ROOT = authority("A root of our own", **LIFE)
MIDDLE = authority("An intermediate of our own", ROOT, **LIFE)


def certificate(host: str = HOSTNAME, **other) -> Issued:
    """Issue a certificate for *host*, by the intermediate authority."""
    return server(MIDDLE, host, **LIFE | other)


def rsa_certificate(host: str = HOSTNAME) -> Issued:
    """Issue a certificate for *host* with an RSA key."""
    return certificate(host, key=rsa_key())


def bundle(issued: Issued) -> str:
    """The file to import: the key, the certificate, its issuers and the root."""
    return served(issued) + ROOT.pem


def served(issued: Issued) -> str:
    """The file that is served: the same without the root."""
    return issued.key_pem + issued.pem + MIDDLE.pem


def write_files(project: Project, **texts: str) -> list[str]:
    """Put *texts* into files of these names below the project; return their paths."""
    folder = project.folder / "imported"
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.pem").write_text(text)
    return [f"imported/{name}.pem" for name in texts]
