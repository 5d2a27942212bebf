"""How names are resolved, and what new DNS records hold."""

from ipaddress import IPv4Address, IPv4Network

from pydantic import BaseModel, ValidationInfo, field_validator

from stack.config.types.networks import IPv4, ResolverNetwork, Upstream
from stack.config.types.numbers import RsaBits
from stack.config.types.text import YesOrNo


class Dns(BaseModel, use_attribute_docstrings=True):
    """The resolver, the network on which containers reach it, and DKIM keys."""

    resolver_upstream: Upstream = ()
    """Name servers that the resolver asks, as address or address:port, separated by
    commas. Empty: the resolver asks the authoritative servers itself, from the root
    down. Block lists do not answer public resolvers like 8.8.8.8. Set it only if your
    network blocks DNS queries to all other servers."""

    resolver_dnssec: YesOrNo = True
    """Validate DNSSEC: believe a domain that signs its records only with a valid
    signature. Set it to no if a server in RESOLVER_UPSTREAM removes signatures; an
    attacker on the way can then forge the answers for any domain."""

    resolver_network: ResolverNetwork = IPv4Network("172.29.26.0/24")
    """The network on which containers reach the resolver. Change it, together with
    RESOLVER_ADDRESS, if your own network uses these addresses. Run `docker compose
    down` first."""

    resolver_address: IPv4 = IPv4Address("172.29.26.53")
    """The address of the resolver in RESOLVER_NETWORK. The first two addresses of the
    network and its last one are reserved."""

    dkim_rsa_bits: RsaBits = 2048
    """The length of new RSA keys that sign mail (DKIM): 2048, or 4096. Every server
    verifies 2048. The DNS record of a longer key has 750 octets, more than a UDP answer
    without EDNS: some DNS providers don't take it, and some receivers don't get it.
    Keys that are there stay until `stack dkim rotate`."""

    @field_validator("resolver_address")
    @classmethod
    def _in_its_network(cls, address: IPv4Address, info: ValidationInfo) -> IPv4Address:
        # The network is missing here if its value was refused.
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
