"""Whom we believe when an authority is spoken to, or a certificate is brought."""

from collections.abc import Sequence
from pathlib import Path

from cryptography import x509

from stack.certs.validation import acceptance
from stack.system import files
from stack.system.errors import UnableError
from stack.system.files import Access
from stack.system.project import Project

# Those of Debian's package ca-certificates, in one file.
WORLD = Path("/etc/ssl/certs/ca-certificates.crt")

# The same with the operator's: in a container, where nobody else writes.
TOGETHER = Path("/tmp/authorities.pem")  # noqa: S108 - the container's own


def authorities(project: Project) -> Sequence[x509.Certificate]:
    """
    Return whom the world believes, and whom the operator does besides.

    Raises:
        UnableError: When the operator's file holds something else.
    """
    own = _own(project)
    more = x509.load_pem_x509_certificates(own.encode()) if own else []
    return [*acceptance.authorities(), *more]


def file(project: Project) -> Path:
    """
    Return a file that holds all of them, for programs.

    Raises:
        UnableError: When the operator's file holds something else.
    """
    own = _own(project)
    if not own:
        return WORLD
    text = f"{files.read(WORLD) or ''}\n{own}"
    files.write(TOGETHER, text, Access(0o644, 0, 0))
    return TOGETHER


def _own(project: Project) -> str:
    path = project.acme / "authorities.pem"
    text = files.read(path) or ""
    try:
        if text:
            x509.load_pem_x509_certificates(text.encode())
    except ValueError:
        raise UnableError(
            f"{path}: holds no certificates: put those of your authorities there, as"
            " PEM, or remove it"
        ) from None
    return text
