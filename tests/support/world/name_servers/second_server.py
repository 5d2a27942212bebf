"""A second name server for a zone in the test world: the one that takes updates."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import dns.query
import dns.rcode
import dns.tsig
import dns.tsigkeyring
import dns.update

from tests.support.certs.acme import with_records
from tests.support.server.project import Project
from tests.support.world import World
from tests.support.world.zones.own_zones import KEY_NAME

NAME = "ns2.second.test"


@contextmanager
def delegated(project: Project, world: World, zone: str) -> Iterator[None]:
    """Have *zone*, a name in second.test with no records, served by both servers."""
    start = "ns.test. postmaster.test. 1 3600 600 86400 0"
    records = (
        f"{zone}. 0 SOA {start}",
        f"{zone}. 0 NS ns.test.",
        f"{zone}. 0 NS {NAME}.",
        f"{NAME}. 0 A {world.names}",
    )
    with with_records(project, *records):
        yield


def put(world: World, texts: Mapping[str, str]) -> None:
    """
    Have the second server show *texts* as TXT records at their names in second.test.

    Raises:
        AssertionError: When it refuses.
    """
    keyring = dns.tsigkeyring.from_text({KEY_NAME: world.zones.secret})
    update = dns.update.UpdateMessage(
        "second.test", keyring=keyring, keyalgorithm=dns.tsig.HMAC_SHA256
    )
    for name, text in texts.items():
        strings = (f'"{text[at : at + 255]}"' for at in range(0, len(text), 255))
        update.replace(f"{name}.", 0, "TXT", " ".join(strings))
    reply = dns.query.tcp(update, world.names, timeout=10)
    assert reply.rcode() == dns.rcode.NOERROR, reply
