"""The test internet: addresses, DNS names, and one DKIM key."""

import base64
import shutil
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .addresses import OUTSIDE, RELAY, SELECTOR, SIX, Addresses, ipv6_of
from .authority import write_certificates
from .sts import FOLDER, MISNAMED, certified
from .zones.own_zones import Zones
from .zones.records import OURS, records, unbound_conf
from .zones.signed_zone import ZONE, SignedZone

__all__ = ["OUTSIDE", "RELAY", "SELECTOR", "SERVICES", "SIX", "World", "ipv6_of"]

# The services of compose.yaml that are the world, and not ours.
SERVICES = {
    *("dns", "outside", "relay", "sink-plain", "sink-broken", "sink-old"),
    *("sink-eight", "sink-six"),
    *("names", "ca", "ca-eab", "busy", "mirror"),
    *("sink-tls", "policies"),
}


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class World(Addresses):
    """The addresses in *subnet*, and the records of the name server."""

    ttl: int = 0
    """For how many seconds an answer may be remembered: not at all, as tests change."""
    key: rsa.RSAPrivateKey = field(default_factory=_new_key)

    @cached_property
    def signed_zone(self) -> SignedZone:
        """The domains with TLSA records; one of them has a server without TLS."""
        names = ("right", "wrong", "both", "stripped", "bogus", "bare")
        servers = dict.fromkeys(names, self.tls) | {"clear": self.sinks["plain.test"]}
        reports_to = f"mailto:stranger@{OUTSIDE}"
        return SignedZone(servers, self.policies, reports_to, max(1, self.ttl))

    @cached_property
    def zones(self) -> Zones:
        """
        Our domains, as the authorities see them: hosts are there to be certified.

        Nothing listens on port 80 of refused.*, and nobody is at the address of
        blocked.*.
        """
        hosts = dict.fromkeys(("@", "mail", "imap", "smtp"), self.certs)
        others = {
            "mta-sts": self.web,
            "autoconfig": self.web,
            "ns": self.names,
            "refused": self.dns,
            "blocked": str(self.subnet[99]),
        }
        return Zones(hosts | others, self.dns)

    @cached_property
    def private_key(self) -> bytes:
        """The key of outside.test, in PEM."""
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )

    @property
    def records(self) -> list[str]:
        """Every name there is, but for ours, which are in a file of their own."""
        return records(self, self._dkim_record)

    @property
    def _dkim_record(self) -> str:
        """The public key (RFC 6376, 3.6.1), cut into strings of at most 255."""
        public = self.key.public_key().public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
        text = f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
        return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))

    def write(self, folder: Path) -> None:
        """Put names and certificates into the project at *folder*."""
        (folder / "world").mkdir()
        (folder / "world" / "unbound.conf").write_text(
            unbound_conf(self, self.records, self.ttl)
        )
        (folder / "world" / OURS).touch()
        (folder / FOLDER).mkdir()
        certificates = folder / "world" / "certificates"
        both = f"mta-sts.both.{ZONE}"
        write_certificates(certificates, RELAY, certified(*self.authorities, both))
        # What an authority has signed for another name.
        shutil.copy(certificates / "trusted.pem", certificates / f"{MISNAMED}.pem")
        (folder / "world" / f"{ZONE}.zone").write_text(
            self.signed_zone.text((certificates / "untrusted.pem").read_text())
        )
        self.zones.write(folder / "world" / "names")
