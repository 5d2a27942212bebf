"""The roots that we trust, for ACME servers and for imported certificates."""

import ssl
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path

from cryptography import x509

from stack.certs.pem import blocks, certificate
from stack.certs.validation.chain import Certificates, is_issued
from stack.certs.validation.chain_rules import judge_issuers, judge_links
from stack.certs.validation.leaf_rules import judge_leaf
from stack.system import files
from stack.system.errors import UnableError
from stack.system.files import Access
from stack.system.project import Project

# All roots of Debian's package ca-certificates.
WORLD = Path("/etc/ssl/certs/ca-certificates.crt")

# The same with the operator's. It is written in a container, where nobody else writes.
TOGETHER = Path("/tmp/authorities.pem")  # noqa: S108 - the container's own


def authorities(project: Project) -> Sequence[x509.Certificate]:
    """
    Return the roots of this machine, and those that the operator has added.

    Raises:
        UnableError: When var/acme/authorities.pem holds no certificates.
    """
    own = _own(project)
    more = x509.load_pem_x509_certificates(own.encode()) if own else []
    return [*known_here(), *more]


def file(project: Project) -> Path:
    """
    Return a PEM file with all of them, for other programs.

    Raises:
        UnableError: When var/acme/authorities.pem holds no certificates.
    """
    own = _own(project)
    if not own:
        return WORLD
    text = f"{files.read(WORLD) or ''}\n{own}"
    files.write(TOGETHER, text, Access(0o644, 0, 0))
    return TOGETHER


def client(project: Project) -> ssl.SSLContext:
    """
    Return a TLS client that believes all of them.

    Raises:
        UnableError: When var/acme/authorities.pem holds no certificates.
    """
    own = _own(project)
    context = ssl.create_default_context()
    if own:
        context.load_verify_locations(cadata=own)
    return context


def is_trusted(
    chain: Certificates, host: str, now: datetime, authorities: Certificates
) -> bool:
    """
    Say whether a client that believes *authorities* accepts *chain* for *host*.

    The server's certificate comes first. *now* is in UTC.
    """
    faults = [
        *judge_leaf(chain[0], host, now),
        *judge_links(chain),
        *judge_issuers(chain, now),
    ]
    last = chain[-1]
    return not faults and any(
        last == each or is_issued(each, last) for each in authorities
    )


@cache
def known_here() -> Certificates:
    """Return the roots that this machine trusts; empty if it has none."""
    paths = ssl.get_default_verify_paths()
    files = [Path(paths.cafile)] if paths.cafile else []
    # OpenSSL looks for hash names such as 1a2b3c4d.0; other names are duplicates.
    files += sorted(Path(paths.capath).glob("*.[0-9]")) if paths.capath else []
    texts = (path.read_text("ascii", "replace") for path in files if path.is_file())
    found = (certificate(block) for text in texts for _, block in blocks(text))
    return tuple(dict.fromkeys(each for each in found if each))


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
