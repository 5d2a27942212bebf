"""DNSBLs of the test world: one that works, and others that fail in some way."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

# Lists whom it should, and its test point (RFC 5782, 5).
HONEST = "dnsbl.test"
# Lists everybody, as one does that has been given up.
EVERYBODY = "everybody.test"
# Tells everybody that it won't answer him, as Spamhaus tells a public resolver.
REFUSING = "refusing.test"
# Doesn't say a word.
MUTE = "mute.test"
# Knows nobody, and not its test point.
EMPTY = "empty.test"


def listing(addresses: Iterable[str]) -> Iterator[str]:
    """The records of the honest list, with *addresses* on it."""
    for address in ("127.0.0.2", *addresses):
        # As for reverse DNS: nibbles, where it is on IPv6 (RFC 5782, 2.4).
        digits = ip_address(address).reverse_pointer.rsplit(".", 2)[0]
        yield f"{digits}.{HONEST}. A 127.0.0.2"


def local_zones() -> str:
    """Write down the other lists: see unbound.conf(5)."""
    return f"""\
    local-zone: "{EVERYBODY}." redirect
    local-data: "{EVERYBODY}. A 127.0.0.2"
    local-zone: "{REFUSING}." redirect
    local-data: "{REFUSING}. A 127.255.255.254"
    local-zone: "{MUTE}." deny"""
