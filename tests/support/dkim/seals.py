"""Verification of ARC chains (RFC 8617) by the keys in the world's DNS."""

import dkim
from dns.resolver import Resolver

from tests.support.dkim.signatures import tag
from tests.support.mail.mailbox import Received
from tests.support.world import World


def keys(world: World, received: Received) -> dict[str, str]:
    """Ask the name server of *world* for the keys that the seals of a message name."""
    resolver = Resolver(configure=False)
    resolver.nameservers = [world.dns]
    names = {
        f"{tag('s', seal)}._domainkey.{tag('d', seal)}"
        for seal in received.all("ARC-Seal")
    }
    return {
        name: b"".join(resolver.resolve(name, "TXT")[0].strings).decode()
        for name in names
    }


def chain(received: Received, records: dict[str, str]) -> str:
    """Return what dkimpy finds of the chain by *records*: pass, fail, none or ended."""

    def look_up(name: bytes, timeout: int = 5) -> bytes | None:
        return records.get(name.decode().rstrip("."), "").encode() or None

    result, _, _ = dkim.arc_verify(received.raw, dnsfunc=look_up)
    return result.decode() if result else "ended"
