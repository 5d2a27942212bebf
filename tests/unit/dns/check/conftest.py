"""A small internet that publishes what it should, and the check of it."""

from collections.abc import Callable, Iterator
from ipaddress import ip_address

import pytest

from stack.config.settings import Settings
from stack.dns import records, tlsa
from stack.dns.check import run
from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding
from stack.dns.lookup import asker
from stack.dns.records import CertificateFacts, Record, Subdomains
from tests.support.certs.bundles import bundle
from tests.support.network.internet import RESOLVER, Internet, internet

SERVED = bundle()
KEYS = {
    "example.org": {
        "rsa-202611": "v=DKIM1; k=rsa; p=" + "A" * 400,
        "ed25519-202611": "v=DKIM1; k=ed25519; p=BBBB",
    },
    "a.example": {"rsa-202611": "v=DKIM1; k=rsa; p=CCCC"},
}
SETTINGS = Settings(
    mail_domain="example.org",
    mail_hostname="mail.example.org",
    public_ipv4="192.0.2.1",
)
FACTS = Facts(
    hostname="mail.example.org",
    first="example.org",
    domains=frozenset(KEYS),
    addresses=(ip_address("192.0.2.1"),),
    served=lambda: (SERVED.chain,),
    authorities=("ca.example",),
)

Blocks = dict[str, list[Record]]


@pytest.fixture
def blocks() -> Blocks:
    """The records to publish."""
    certified = CertificateFacts(
        (tlsa.record_for(SERVED),), ("mail.example.org",), ("ca.example",)
    )
    sent = Subdomains(sent=frozenset({"news.example.org"}))
    return records.records(SETTINGS, KEYS, sent, certified)


@pytest.fixture
def facts() -> Facts:
    """What is known of the server."""
    return FACTS


@pytest.fixture
def net(monkeypatch, blocks: Blocks) -> Iterator[Internet]:
    """The internet, in which all *blocks* are published and signed."""
    with internet(monkeypatch) as world:
        for zone in ("org", "example.org", "a.example", "2.0.192.in-addr.arpa"):
            world.zone(zone)
        world.signed.add("example.org")
        for each in (record for block in blocks.values() for record in block):
            name, _, _, kind, data = records.zone_line(each).split(maxsplit=4)
            world.records.append(f"{name} {kind} {data}")
        yield world


@pytest.fixture
def findings(
    net: Internet, blocks: Blocks, facts: Facts
) -> Callable[..., list[Finding]]:
    """Check everything that is published."""

    def check(known: Facts = facts) -> list[Finding]:
        ask = asker.Asker(asker.resolver([(RESOLVER, net.port)]))
        try:
            return run.findings(blocks, known, ask)
        finally:
            ask.close()

    return check


@pytest.fixture
def finding(net: Internet, blocks: Blocks, facts: Facts) -> Callable[..., Finding]:
    """Check the records of one kind at one name."""

    def check(kind: str, name: str, known: Facts = facts) -> Finding:
        ask = asker.Asker(asker.resolver([(RESOLVER, net.port)]))
        subjects = run.subjects(blocks, known)
        (subject,) = [s for s in subjects if (s.kind, s.name) == (kind, name)]
        try:
            return run.judge(subject, known, ask)
        finally:
            ask.close()

    return check
