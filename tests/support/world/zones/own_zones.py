"""The zone files of the name server for ACME, and the key for dynamic updates."""

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ZONES = ("example.test", "second.test")
SIGNED = "example.test"
KEY_NAME = "certs"


def _new_secret() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True)
class Zones:
    """What an ACME authority finds out about the domains of our server."""

    hosts: Mapping[str, str]
    """The names in every zone, and their addresses."""

    forwarder: str
    """The address of the name server that knows all other names."""

    secret: str = field(default_factory=_new_secret)
    """What proves the right to change a zone (RFC 8945), in base64."""

    def write(self, folder: Path) -> None:
        """Make the files of the server in the new *folder*."""
        folder.mkdir()
        (folder / "key.conf").write_text(self._key)
        forwarders = f"forwarders {{ {self.forwarder}; }};\n"
        (folder / "forwarders.conf").write_text(forwarders)
        for zone in ZONES:
            (folder / f"{zone}.zone").write_text(self._zone(zone))

    @property
    def _key(self) -> str:
        return (
            f'key "{KEY_NAME}" {{\n'
            f'    algorithm hmac-sha256;\n    secret "{self.secret}";\n}};\n'
        )

    def _zone(self, zone: str) -> str:
        hosts = "".join(f"{name} A {at}\n" for name, at in self.hosts.items())
        return (
            f"$ORIGIN {zone}.\n$TTL 1\n"
            "@ SOA ns postmaster 1 3600 600 86400 1\n"
            "@ NS ns\n"
            f"{hosts}"
        )
