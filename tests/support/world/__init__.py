"""The test internet: addresses, DNS names, and one DKIM key."""

import base64
import shutil
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network, IPv6Network
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from . import authentication
from .authority import write_certificates
from .blocklists import listing, local_zones
from .signed_zone import UNBOUND_CONF, ZONE, SignedZone
from .sts import FOLDER, MISNAMED, certified
from .zones import Zones

# The domain that signs what strangers send, and where it publishes its key.
OUTSIDE = "outside.test"
RELAY = "smtp.relay.test"
SELECTOR = "stranger"

# What the name server knows about our own domains: see published_zone.py.
OURS = "ours.conf"

# The services of compose.yaml that are the world, and not ours.
SERVICES = {
    *("dns", "outside", "relay", "sink-plain", "sink-broken", "sink-old"),
    *("sink-eight", "sink-six"),
    *("names", "ca", "ca-eab", "busy", "mirror"),
    *("sink-tls", "policies"),
}

# Clients that need an address of their own: see tests/e2e/receiving/test_postscreen.py.
POSTSCREEN_CLIENTS = (
    *("early", "waiting", "new", "allow-listed", "on one list"),
    *("listed", "exception", "encrypted", "refusing list", "refused"),
)
LISTED = ("listed", "exception", "encrypted")

# The domain whose mail server has no IPv4 address.
SIX = "six.test"


def ipv6_of(subnet: IPv4Network, number: int = 0) -> IPv6Network:
    """Return a network that is as free as *subnet*, of 256 addresses: its own."""
    _, _, *own = subnet.network_address.packed
    return IPv6Network(f"fd2e:e2e0:{number:x}:{own[0]:x}::/64")


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True)
class World:
    """The addresses in *subnet*, and the records of the name server."""

    subnet: IPv4Network
    ttl: int = 0
    """For how many seconds an answer may be remembered: not at all, as tests change."""
    key: rsa.RSAPrivateKey = field(default_factory=_new_key)

    @property
    def subnet_ipv6(self) -> IPv6Network:
        """The addresses on IPv6, which most of what is there has, too."""
        return ipv6_of(self.subnet)

    @property
    def far(self) -> tuple[IPv4Network, IPv6Network]:
        """
        Another network, which our server isn't on.

        This machine has the first address there, and reaches our ports by it as from
        outside: not through Docker's gateway, as nothing there is masqueraded.
        """
        beside = IPv4Address(int(self.subnet.network_address) ^ 0x10000)
        return IPv4Network((beside, 24)), ipv6_of(self.subnet, 1)

    @property
    def outsider(self) -> str:
        """The address on IPv6 of a client of our ports from outside."""
        return str(self.far[1][1])

    @property
    def dns(self) -> str:
        """The name server's address."""
        return str(self.subnet[53])

    @property
    def outside(self) -> str:
        """The other mail server's address."""
        return str(self.subnet[25])

    @property
    def sinks(self) -> dict[str, str]:
        """The servers that record every byte, by domain: see images/sink here."""
        domains = ("plain.test", "broken.test", "old.test", "eight.test")
        return {name: str(self.subnet[41 + at]) for at, name in enumerate(domains)}

    @property
    def tls(self) -> str:
        """The address of the mail server with a certificate for each of its names."""
        return str(self.subnet[51])

    @property
    def policies(self) -> str:
        """The address of the server with the MTA-STS policies of all domains."""
        return str(self.subnet[52])

    @cached_property
    def signed_zone(self) -> SignedZone:
        """The domains with TLSA records; one of them has a server without TLS."""
        names = ("right", "wrong", "both", "stripped", "bogus", "bare")
        servers = dict.fromkeys(names, self.tls) | {"clear": self.sinks["plain.test"]}
        reports_to = f"mailto:stranger@{OUTSIDE}"
        return SignedZone(servers, self.policies, reports_to, max(1, self.ttl))

    @property
    def six(self) -> str:
        """The address of a sink that has none on IPv4."""
        return str(self.subnet_ipv6[0xA41])

    @property
    def relay(self) -> str:
        """The address of the server that sends on mail for its customers."""
        return str(self.subnet[87])

    @property
    def postfix(self) -> str:
        """The address at which the world finds our server."""
        return str(self.subnet[10])

    @property
    def postfix_ipv6(self) -> str:
        """The same on IPv6."""
        return str(self.subnet_ipv6[0xA10])

    @property
    def web(self) -> str:
        """The address at which the world finds our web server."""
        return str(self.subnet[11])

    @property
    def public_ipv6(self) -> str:
        """
        The address of our server's name, and the one that has that name in reverse.

        Nobody is there. Of addresses in its networks Docker says itself whose they are.
        """
        return "2001:db8:25::25"

    @property
    def postscreen_clients(self) -> dict[str, str]:
        """
        Addresses that one test each sends a client from, by name.

        Postfix caches the clients that it knows, so a new one needs its own address.
        """
        return {
            name: str(self.subnet[100 + at])
            for at, name in enumerate(POSTSCREEN_CLIENTS)
        }

    @property
    def postscreen_clients_ipv6(self) -> dict[str, str]:
        """Their addresses on IPv6, all in one /64."""
        return {
            name: str(self.subnet_ipv6[0xA100 + at])
            for at, name in enumerate(POSTSCREEN_CLIENTS)
        }

    @property
    def certs(self) -> str:
        """The address at which an authority finds who asks it for certificates."""
        return str(self.subnet[80])

    @property
    def names(self) -> str:
        """The address of the name server that takes changes to our zones."""
        return str(self.subnet[81])

    @property
    def authorities(self) -> dict[str, str]:
        """The ACME authorities, by name: see images/ca and images/busy here."""
        names = ("acme", "eab", "busy")
        return {
            f"{name}.ca.test": str(self.subnet[82 + at])
            for at, name in enumerate(names)
        }

    @property
    def mirror(self) -> str:
        """The address of the mirror with rules about spam."""
        return str(self.subnet[70])

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

    @property
    def variables(self) -> dict[str, str]:
        """The addresses, for compose.yaml."""
        return {
            "WORLD_SUBNET": str(self.subnet),
            "WORLD_REST": str([*self.subnet.subnets()][1]),
            "WORLD_SUBNET_IPV6": str(self.subnet_ipv6),
            "WORLD_FAR": str(self.far[0]),
            "WORLD_FAR_IPV6": str(self.far[1]),
            "WORLD_POSTFIX_IPV6": self.postfix_ipv6,
            "WORLD_SIX": self.six,
            "WORLD_DNS": self.dns,
            "WORLD_OUTSIDE": self.outside,
            "WORLD_RELAY": self.relay,
            "WORLD_POSTFIX": self.postfix,
            "WORLD_WEB": self.web,
            "WORLD_CERTS": self.certs,
            "WORLD_NAMES": self.names,
            "WORLD_MIRROR": self.mirror,
            "WORLD_TLS": self.tls,
            "WORLD_POLICIES": self.policies,
            **{
                f"WORLD_{name.partition('.')[0].upper()}": address
                for name, address in (self.sinks | self.authorities).items()
            },
        }

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
        """
        Every name there is, but for ours, which are in a file of their own.

        Nothing listens for mail to dead.test, silent.test wants none (RFC 7505), and
        spam.test has no MX, as many domains haven't. SpamAssassin's own channel has
        nothing new, and rules.test has nothing yet.
        """
        return [
            f"{OUTSIDE}. MX 10 mx.{OUTSIDE}.",
            f"mx.{OUTSIDE}. A {self.outside}",
            f'{OUTSIDE}. TXT "v=spf1 ip4:{self.outside} -all"',
            f"{SELECTOR}._domainkey.{OUTSIDE}. TXT {self._dkim_record}",
            f"{RELAY}. A {self.relay}",
            f"relay.test. A {self.relay}",
            # The TTL of a TLSA record is asked for at the zone's own name server.
            "test. NS ns.test.",
            f"ns.test. A {self.dns}",
            "dead.test. MX 10 mx.dead.test.",
            f"mx.dead.test. A {self.dns}",
            *(f"{name}. MX 10 mx.{name}." for name in self.sinks),
            *(f"mx.{name}. A {address}" for name, address in self.sinks.items()),
            *(f"{name}. A {address}" for name, address in self.authorities.items()),
            "spam.test. A 192.0.2.66",
            "silent.test. MX 0 .",
            # Senders that have no IPv4 address; the second is another's.
            f"six.spf-six.test. AAAA {self.outsider}",
            f'six.spf-six.test. TXT "v=spf1 ip6:{self.outsider} -all"',
            f"other.spf-six.test. AAAA {self.six}",
            f'other.spf-six.test. TXT "v=spf1 ip6:{self.six} -all"',
            f"{SIX}. MX 10 mx.{SIX}.",
            f"mx.{SIX}. AAAA {self.six}",
            *(
                record
                for clients in (self.postscreen_clients, self.postscreen_clients_ipv6)
                for record in listing(clients[name] for name in LISTED)
            ),
            f"rules.test. A {self.mirror}",
            'mirrors.rules.test. TXT "http://rules.test/MIRRORED.BY"',
            '1.0.4.updates.spamassassin.org. TXT "0"',
            *authentication.records(SELECTOR, self._dkim_record),
        ]

    @property
    def _dkim_record(self) -> str:
        """The public key (RFC 6376, 3.6.1), cut into strings of at most 255."""
        public = self.key.public_key().public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo,
        )
        text = f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
        return " ".join(f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))

    @property
    def unbound_conf(self) -> str:
        """
        The name server's configuration: see unbound.conf(5).

        A name that isn't listed is answered with NXDOMAIN at once: no query leaves
        this machine, and no look-up of a client's name makes a server wait.
        """
        data = "\n".join(
            f"    local-data: '{self._kept(each)}'" for each in self.records
        )
        start = f"{self.ttl} SOA ns.test. postmaster.test. 1 3600 600 86400 {self.ttl}"
        return f"""
server:
    interface: 0.0.0.0
    access-control: 0.0.0.0/0 allow
    do-ip6: no
    chroot: ""
    username: ""
    use-syslog: no
    logfile: ""
    module-config: "iterator"
    local-zone: "." static
    local-zone: "test." static
    local-zone: "lame.test." refuse
    local-data: ". {start}"
    local-data: "test. {start}"
{local_zones()}
    local-zone: "lame.big.test." refuse
{data}
    include: /zones/{OURS}
    local-data-ptr: "{self.outside} 0 mx.{OUTSIDE}"
    local-data-ptr: "{self.relay} 0 {RELAY}"
    local-data-ptr: "{self.postfix} 0 mail.example.test"
    local-data-ptr: "{self.public_ipv6} 0 mail.example.test"
remote-control:
    control-enable: yes
    control-interface: /run/unbound.ctl
{UNBOUND_CONF}"""

    def _kept(self, record: str) -> str:
        """Return *record*, `name type data`, with its time to live."""
        name, _, rest = record.partition(" ")
        return f"{name} {self.ttl} {rest}"

    def write(self, folder: Path) -> None:
        """Put names and certificates into the project at *folder*."""
        (folder / "world").mkdir()
        (folder / "world" / "unbound.conf").write_text(self.unbound_conf)
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
