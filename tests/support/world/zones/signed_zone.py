"""The zone of the test world that is signed: domains with TLSA records."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.server.project import Project

ZONE = "dane.test"

# What a name server says of it: see unbound.conf(5), and images/dns/start here.
UNBOUND_CONF = f"""
server:
    local-zone: "{ZONE}." transparent
auth-zone:
    name: "{ZONE}."
    zonefile: "/run/{ZONE}.zone"
    for-upstream: no
    for-downstream: yes
"""

# Their TLSA is another server's, or there is none.
WRONG, WITHOUT = ("wrong", "both"), ("bare",)

# They ask for reports on TLS (RFC 8460).
REPORTED = ("right", "wrong")


@dataclass(frozen=True)
class SignedZone:
    """
    Domains below dane.test, each with one MX, `mx.` and its name.

    right: TLSA is that of its server. clear: so it is, but the server has no TLS.
    wrong: TLSA is another server's. both: so it is, beside a policy of MTA-STS.
    stripped: its TLSA is gone, though the zone is signed. bogus: its TLSA is not as it
    was signed. bare: signed, and without TLSA.
    """

    servers: Mapping[str, str]
    """The address of the mail server of each domain."""

    policies: str
    """The address of the server of policies."""

    reports_to: str
    """The URI at which REPORTED want reports."""

    ttl: int
    """For how many seconds a record may be remembered: at least one."""

    def text(self, certificate: str) -> str:
        """
        Write the zone, not signed yet, for servers that have *certificate*, in PEM.

        That `stripped` and `bogus` are so is made after it was signed.
        """
        digest = _digest(certificate)
        lines = [
            f"$ORIGIN {ZONE}.",
            f"$TTL {self.ttl}",
            f"@ SOA ns postmaster 1 3600 600 86400 {self.ttl}",
            "@ NS ns",
            f"ns A {self.policies}",
            '_mta-sts.both TXT "v=STSv1; id=1"',
            f"mta-sts.both A {self.policies}",
        ]
        for name in REPORTED:
            wish = f"v=TLSRPTv1; rua={self.reports_to}"
            lines.append(f'_smtp._tls.{name} TXT "{wish}"')
        for name, address in self.servers.items():
            lines += [f"{name} MX 10 mx.{name}", f"mx.{name} A {address}"]
            shown = sha256(name.encode()).hexdigest() if name in WRONG else digest
            if name not in WITHOUT:
                lines.append(f"_25._tcp.mx.{name} TLSA 3 1 1 {shown}")
        return "\n".join([*lines, ""])


def trust_anchor(project: Project) -> str:
    """Return what makes a resolver believe the zone: a DS record in one line."""
    return " ".join(project.inside("dns", "cat", f"/run/{ZONE}.ds").decode().split())


def _digest(pem: str) -> str:
    """Return the digest of a certificate's key (RFC 6698: selector 1, type 1)."""
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    return sha256(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()
