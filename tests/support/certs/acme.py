"""The ACME authorities of the tests, and records that `dns` has for a while."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.clients.trust import Trust
from tests.support.server.project import Project
from tests.support.world import World
from tests.support.world.name_servers import name_server
from tests.support.world.zones.own_zones import KEY_NAME

# The customer that eab.ca.test knows: the name of a key, and the key (RFC 8555 §7.3.4).
_CA = Path(__file__).parents[1] / "world" / "images" / "ca"
_EAB = json.loads((_CA / "eab.json").read_text())
((EAB_KID, EAB_HMAC_KEY),) = _EAB["pebble"]["externalAccountMACKeys"].items()

# Asks what an authority tells its operator, as any machine there could.
_GET = """
import ssl, sys, urllib.request
tls = ssl.create_default_context(cafile="/certificates/authorities.pem")
sys.stdout.write(urllib.request.urlopen(sys.argv[1], context=tls).read().decode())
"""


@dataclass(frozen=True)
class Authority:
    """
    The authority at *host*: acme, eab or busy.ca.test.

    The last one only says no. The others have a new root after every restart, and have
    forgotten all accounts and certificates.
    """

    project: Project
    host: str = "acme.ca.test"

    @property
    def directory(self) -> str:
        """The URL of its directory, for an ACME client."""
        return f"https://{self.host}:14000/dir"

    @property
    def root(self) -> str:
        """The certificate at the end of every chain it makes, in PEM."""
        return self._ask("roots/0")

    def trust(self, name: str) -> Trust:
        """Return a TLS client that trusts this authority alone, for *name*."""
        return Trust.only(self.root, name)

    def status(self, serial: int) -> str:
        """Return the state of the certificate *serial*: Valid or Revoked."""
        answer = json.loads(self._ask(f"cert-status-by-serial/{serial:x}"))
        return str(answer["Status"])

    def _ask(self, path: str) -> str:
        url = f"https://{self.host}:15000/{path}"
        # Any container with Python and the network will do; this one is no actor.
        return self.project.inside("busy", "python3", "-c", _GET, url).decode()


def update_credentials(world: World) -> str:
    """Return what certbot-dns-rfc2136 must know to change our zones, as its file."""
    return (
        f"dns_rfc2136_server = {world.names}\n"
        f"dns_rfc2136_name = {KEY_NAME}.\n"
        f"dns_rfc2136_secret = {world.zones.secret}\n"
        "dns_rfc2136_algorithm = HMAC-SHA256\n"
    )


@contextmanager
def with_records(project: Project, *records: str) -> Iterator[None]:
    """
    Have `dns` answer with *records* meanwhile, each "NAME TYPE DATA".

    Such as "_25._tcp.mail.example.test. TLSA 3 1 1 …". Afterwards their names have no
    records at all: don't take one that has others.
    """
    name_server.add(project, records)
    try:
        yield
    finally:
        name_server.remove(project, {record.split()[0] for record in records})
