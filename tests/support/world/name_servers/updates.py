"""Changes of our zones at the name server `names`, by dynamic updates (RFC 2136)."""

from collections.abc import Iterator
from contextlib import contextmanager

import dns.query
import dns.rcode
import dns.tsig
import dns.tsigkeyring
from dns.update import UpdateMessage

from tests.support.world import World
from tests.support.world.zones.own_zones import KEY_NAME, SIGNED

TIMEOUT = 10  # seconds


@contextmanager
def signed_record(world: World, name: str, kind: str, data: str) -> Iterator[None]:
    """Have *data* at the *name* in the zone SIGNED for a while, and alone there."""
    change = _update(world)
    change.replace(f"{name}.", 1, kind, data)
    _send(world, change)
    try:
        yield
    finally:
        back = _update(world)
        back.delete(f"{name}.", kind)
        _send(world, back)


def _update(world: World) -> UpdateMessage:
    key = dns.tsigkeyring.from_text({f"{KEY_NAME}.": world.zones.secret})
    return UpdateMessage(SIGNED, keyring=key, keyalgorithm=dns.tsig.HMAC_SHA256)


def _send(world: World, change: UpdateMessage) -> None:
    answer = dns.query.tcp(change, world.names, TIMEOUT)
    if answer.rcode() != dns.rcode.NOERROR:
        raise AssertionError(
            f"{SIGNED}: not changed: {dns.rcode.to_text(answer.rcode())}"
        )
