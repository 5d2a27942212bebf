"""Certificates that an operator brings from elsewhere."""

from datetime import UTC, datetime, timedelta

from tests.support.certs.authority import Issued, authority, rsa_key, server
from tests.support.server.project import Project
from tests.support.server.server import HOSTNAME

NOW = datetime.now(UTC)
LIFE = {"begin": NOW - timedelta(hours=1), "end": NOW + timedelta(days=90)}

ROOT = authority("A root of our own", **LIFE)
MIDDLE = authority("Its right hand", ROOT, **LIFE)


def certificate(host: str = HOSTNAME, **other) -> Issued:
    """Have one issued for *host* by the right hand."""
    return server(MIDDLE, host, **LIFE | other)


def rsa_certificate(host: str = HOSTNAME) -> Issued:
    """The same, with an RSA key."""
    return certificate(host, key=rsa_key())


def bundle(issued: Issued) -> str:
    """What one file would hold: the key, the certificate, its issuers, the root."""
    return served(issued) + ROOT.pem


def served(issued: Issued) -> str:
    """What of that is served: clients have the root."""
    return issued.key_pem + issued.pem + MIDDLE.pem


def lay(project: Project, **texts: str) -> list[str]:
    """Put *texts* into files of these names below the project; return their paths."""
    folder = project.folder / "brought"
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name}.pem").write_text(text)
    return [f"brought/{name}.pem" for name in texts]
