"""Networks that nothing on this machine uses yet."""

import random
from collections.abc import Iterator
from ipaddress import IPv4Network, ip_network
from pathlib import Path

import docker

from tests.support.harness import worker
from tests.support.world import ipv6_of

# Private, and outside of what Docker and home routers hand out by default.
POOL = IPv4Network("10.213.0.0/16")


def free_subnet(*besides: IPv4Network) -> IPv4Network:
    """
    Pick 256 addresses which no route, no Docker network and none *besides* overlaps.

    At random, so that two runs at the same moment are unlikely to collide; and the
    workers of one run have none in common.
    """
    ours = [*POOL.subnets(new_prefix=24)][worker.NUMBER :: worker.COUNT]
    taken = [*_docker_networks(), *_routes(), *besides]
    free = [
        subnet for subnet in ours if not any(subnet.overlaps(other) for other in taken)
    ]
    return random.choice(free)  # noqa: S311  # no secret


def free_networks(*besides: IPv4Network) -> dict[str, str]:
    """Return the settings that give a project networks of its own."""
    edge = free_subnet(*besides)
    names = free_subnet(edge, *besides)
    return {
        "NETWORK_SUBNET": str(edge),
        "NETWORK_SUBNET_IPV6": str(ipv6_of(edge)),
        "RESOLVER_NETWORK": str(names),
        "RESOLVER_ADDRESS": str(names[53]),
    }


def _docker_networks() -> Iterator[IPv4Network]:
    for network in docker.from_env().networks.list():
        for pool in network.attrs["IPAM"]["Config"] or []:
            subnet = ip_network(pool["Subnet"])
            if isinstance(subnet, IPv4Network):
                yield subnet


def _routes() -> Iterator[IPv4Network]:
    """Read the kernel's table, proc(5): little-endian hexadecimal numbers."""
    table = Path("/proc/net/route")
    lines = table.read_text().splitlines()[1:] if table.exists() else []
    for line in lines:
        destination, mask = line.split()[1], line.split()[7]
        if int(mask, 16):
            yield IPv4Network((_address(destination), _prefix(mask)))


def _address(hexadecimal: str) -> bytes:
    return bytes.fromhex(hexadecimal)[::-1]


def _prefix(hexadecimal: str) -> int:
    return int(hexadecimal, 16).bit_count()
