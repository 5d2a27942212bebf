"""IP addresses, networks and name servers."""

from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Address
from typing import Annotated, NamedTuple

from stack.config.types.text import items, parsed, read_by


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


def _networks(text: str) -> tuple[IPv4Network, ...]:
    wanted = "IPv4 addresses or networks like 192.0.2.25,198.51.100.0/24"
    return tuple(_network(item, wanted) for item in items(text))


def _subnet(text: str, example: str = "172.29.25.0/24") -> IPv4Network:
    wanted = f"an IPv4 network like {example}, /8 to /28"
    network = _network(text, wanted)
    if not 8 <= network.prefixlen <= 28:
        raise ValueError(f"must be {wanted}")
    return network


def _network(text: str, wanted: str) -> IPv4Network:
    try:
        inside = IPv4Interface(text)
    except ValueError:
        raise ValueError(f"must be {wanted}: {text}") from None
    if inside.ip != inside.network.network_address:
        raise ValueError(
            f"must be the network, {inside.network}, or the one address, {inside.ip}:"
            f" {text} is neither"
        )
    return inside.network


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
Networks = Annotated[tuple[IPv4Network, ...], read_by(_networks)]
ResolverNetwork = Annotated[IPv4Network, read_by(_resolver_network)]
Upstream = Annotated[tuple[NameServer, ...], read_by(_upstream)]
