"""Certificates that are valid while the tests run, with their keys, as bundles."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from stack.certs.bundle import Bundle
from tests.support.certs.authority import DAY, HOST, Issued, authority, rsa_key, server

TODAY = datetime.now(UTC).replace(microsecond=0)

ROOT = authority("Root", begin=TODAY - DAY, end=TODAY + 3650 * DAY)
MIDDLE = authority("Middle", ROOT, begin=TODAY - DAY, end=TODAY + 1825 * DAY)


def bundled(*issued: Issued) -> Bundle:
    """Return the key of the first of *issued*, and the certificates of all."""
    return Bundle(issued[0].key, tuple(each.certificate for each in issued))


def bundle(
    *hosts: str, by: Sequence[Issued] = (MIDDLE,), rsa: bool = False, **other
) -> Bundle:
    """Return a new certificate for *hosts*, with the issuers *by* above it."""
    hosts = hosts or (HOST,)
    key = {"key": rsa_key()} if rsa else {}
    valid = {"begin": TODAY - DAY, "end": TODAY + 90 * DAY}
    leaf = server(
        by[0] if by else None, hosts[0], **{"names": hosts} | valid | key | other
    )
    return bundled(leaf, *by)


def put(tls: Path, **bundles: Bundle) -> None:
    """Write *bundles* into the directory *tls*, a__example for a.example.pem."""
    tls.mkdir(exist_ok=True)
    for name, each in bundles.items():
        (tls / f"{name.replace('__', '.')}.pem").write_text(each.pem)
