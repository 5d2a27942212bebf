"""IP addresses, networks and name servers."""

from collections.abc import Callable
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
    ip_interface,
)
from typing import Annotated, Literal, NamedTuple, TypeVar

from stack.config.types.text import items, one_of, parsed, read_by

# Those that everybody may choose from for himself: RFC 4193, section 3.1.
LOCAL = IPv6Network("fd00::/8")

# IPv4 addresses as IPv6 sockets have them: RFC 4291, section 2.5.5.2.
MAPPED = IPv6Network("::ffff:0:0/96")

# What `make up` may have seen of IPv6 on this machine: see tools/ipv6.sh.
SEEN = ("", "kept", "hidden", "none", "old-network", "taken", "unknown")

Interface = TypeVar("Interface", bound=IPv4Interface | IPv6Interface)


class NameServer(NamedTuple):
    """A DNS server."""

    address: IPv4Address
    port: int | None = None
    """The UDP and TCP port; None means 53."""

    @classmethod
    def of(cls, text: str) -> "NameServer":
        """
        Take apart *text*, an address or address:port.

        Raises:
            ValueError: If it is neither, or no container can reach that address.
        """
        address, colon, port = text.partition(":")
        try:
            found = cls(IPv4Address(address), int(port) if colon else None)
            if colon and not 0 < int(port) < 65536:
                raise ValueError
        except ValueError:
            raise ValueError(
                f"must be IPv4 addresses like 192.0.2.53, or with :port: {text}"
            ) from None
        _refuse_unreachable(found.address)
        return found

    def __str__(self) -> str:
        """Write it as in .env."""
        return f"{self.address}:{self.port}" if self.port else str(self.address)

    @property
    def forward_addr(self) -> str:
        """Its form in unbound.conf(5), forward-addr."""
        return f"{self.address}@{self.port}" if self.port else str(self.address)


def _refuse_unreachable(address: IPv4Address) -> None:
    if address.is_loopback or address.is_unspecified:
        raise ValueError(
            f"must be addresses that a container can reach: {address} is the container"
            " itself; name the server that this machine asks (`resolvectl dns`)"
        )
    if address.is_multicast or address.is_reserved or address.is_link_local:
        raise ValueError(
            f"must be addresses of servers: no server answers at {address}"
        )


def _upstream(text: str) -> tuple[NameServer, ...]:
    found = tuple(NameServer.of(item) for item in items(text))
    if len(set(found)) < len(found):
        raise ValueError("must name each server once")
    return found


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(map(_client_network, items(text)))


def _client_network(text: str) -> IPv4Network | IPv6Network:
    """Read a network of clients in a form that Postfix compares with theirs."""
    wanted = (
        "IPv4 or IPv6 addresses or networks like 192.0.2.25,198.51.100.0/24,"
        "2001:db8:25::/64"
    )
    # cidr_table(5) knows no zones.
    if "%" in text:
        raise ValueError(f"must be addresses without a zone like %eth0: {text}")
    network = _interface(text, wanted, ip_interface).network
    # Postfix drops this prefix of a client's address before it looks it up.
    if isinstance(network, IPv6Network) and network.subnet_of(MAPPED):
        raise ValueError(
            f"must be IPv4 addresses without ::ffff: {text} would match no client"
        )
    return network


def _subnet(text: str, example: str = "172.29.25.0/24") -> IPv4Network:
    wanted = f"an IPv4 network like {example}, /8 to /28"
    network = _network(text, wanted)
    if not 8 <= network.prefixlen <= 28:
        raise ValueError(f"must be {wanted}")
    return network


def _network(text: str, wanted: str) -> IPv4Network:
    return _interface(text, wanted, IPv4Interface).network


def _interface(text: str, wanted: str, read: Callable[[str], Interface]) -> Interface:
    try:
        inside = read(text)
    except ValueError:
        raise ValueError(f"must be {wanted}: {text}") from None
    if inside.ip != inside.network.network_address:
        raise ValueError(
            f"must be the network, {inside.network}, or the one address, {inside.ip}:"
            f" {text} is neither"
        )
    return inside


def _subnet_ipv6(text: str) -> IPv6Network:
    wanted = "an IPv6 network in fd00::/8 with 64 bits, like fdb7:4c19:e0a2:25::/64"
    try:
        network = IPv6Network(text)
    except ValueError:
        raise ValueError(f"must be {wanted}") from None
    if network.prefixlen != 64 or not network.subnet_of(LOCAL):
        raise ValueError(f"must be {wanted}")
    return network


def _resolver_network(text: str) -> IPv4Network:
    # Earlier, .env had only the first three numbers, and the resolver's was 53.
    try:
        IPv4Address(f"{text}.0")
    except ValueError:
        return _subnet(text, "172.29.26.0/24")
    raise ValueError(
        f"must be a network with its prefix: write RESOLVER_NETWORK={text}.0/24 and"
        f" RESOLVER_ADDRESS={text}.53"
    )


IPv4 = Annotated[IPv4Address, parsed(IPv4Address, "an IPv4 address")]
IPv6 = Annotated[IPv6Address, parsed(IPv6Address, "an IPv6 address")]
Subnet = Annotated[IPv4Network, read_by(_subnet)]
SubnetIPv6 = Annotated[IPv6Network, read_by(_subnet_ipv6)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], read_by(_networks)]
ResolverNetwork = Annotated[IPv4Network, read_by(_resolver_network)]
Upstream = Annotated[tuple[NameServer, ...], read_by(_upstream)]
AutoYesOrNo = Annotated[Literal["auto", "yes", "no"], one_of("auto", "yes", "no")]
SeenOfIPv6 = Annotated[str, one_of(*SEEN)]
NamesMatch = Annotated[Literal["", "match", "differ"], one_of("", "match", "differ")]
