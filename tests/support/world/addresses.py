"""The addresses of the test internet, and the names of its mail servers."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Network

# The domain that signs what strangers send, and where it publishes its key.
OUTSIDE = "outside.test"
RELAY = "smtp.relay.test"
SELECTOR = "stranger"

# The domain whose mail server has no IPv4 address.
SIX = "six.test"

# Clients that need an address of their own: see tests/e2e/receiving/test_postscreen.py.
POSTSCREEN_CLIENTS = (
    *("early", "waiting", "new", "allow-listed", "on one list"),
    *("listed", "exception", "encrypted", "refusing list", "refused"),
)
LISTED = ("listed", "exception", "encrypted")


def ipv6_of(subnet: IPv4Network, number: int = 0) -> IPv6Network:
    """Return a network that is as free as *subnet*, of 256 addresses: its own."""
    _, _, *own = subnet.network_address.packed
    return IPv6Network(f"fd2e:e2e0:{number:x}:{own[0]:x}::/64")


@dataclass(frozen=True)
class Addresses:
    """The addresses in *subnet*, and those beside them on IPv6."""

    subnet: IPv4Network

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
