"""How the names of the internet are found out."""

from ipaddress import IPv4Address, IPv4Network

from pydantic import BaseModel, ValidationInfo, field_validator

from stack.config.types.networks import IPv4, ResolverNetwork, Upstream
from stack.config.types.text import YesOrNo


class Dns(BaseModel, use_attribute_docstrings=True):
    """The resolver, and the network at which it is asked."""

    resolver_upstream: Upstream = ()
    """Name servers to ask, as address or address:port, more of them after commas.
    Empty: our resolver asks the internet's own, from the root down. Block lists don't
    answer the public ones (8.8.8.8 and such): only for a network that lets nobody else
    out."""

    resolver_dnssec: YesOrNo = True
    """Believe a domain that signs its records only with a signature (DNSSEC). no, for
    a RESOLVER_UPSTREAM that takes signatures off: whoever sits on the way can then
    answer for any domain."""

    resolver_network: ResolverNetwork = IPv4Network("172.29.26.0/24")
    """The network on which containers ask our resolver for names. Change it if your
    network uses these addresses, after `docker compose down`, and RESOLVER_ADDRESS
    with it."""

    resolver_address: IPv4 = IPv4Address("172.29.26.53")
    """The resolver's own address: any in RESOLVER_NETWORK but the first two, which are
    the network's and Docker's, and the last, which is for broadcasts."""

    @field_validator("resolver_address")
    @classmethod
    def _in_its_network(cls, address: IPv4Address, info: ValidationInfo) -> IPv4Address:
        # Missing here when it was found to be wrong already.
        network = info.data.get("resolver_network")
        if network and not network[2] <= address <= network[-2]:
            raise ValueError(
                f"must lie in RESOLVER_NETWORK, between {network[2]} and {network[-2]}:"
                f" write RESOLVER_ADDRESS={_usual(network)}"
            )
        return address

    @field_validator("resolver_address")
    @classmethod
    def _not_asking_itself(
        cls, address: IPv4Address, info: ValidationInfo
    ) -> IPv4Address:
        upstream = info.data.get("resolver_upstream", ())
        if address in [server.address for server in upstream]:
            raise ValueError(
                f"must be another address: {address} is our own resolver, and"
                " RESOLVER_UPSTREAM would have it ask itself"
            )
        return address


def _usual(network: IPv4Network) -> IPv4Address:
    """Return the address that ends in 53, the port of the DNS, or the last one."""
    return network[53] if network.num_addresses > 54 else network[-2]
