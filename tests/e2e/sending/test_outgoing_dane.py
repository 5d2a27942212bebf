"""
Mail to a domain with TLSA records (DANE) goes to a proven server, or it waits.

The zone dane.test is signed: see tests/support/world/zones/signed_zone.py.
"""

import time

import pytest

from tests.support.configuration.dnssec import dnssec
from tests.support.faults.services import stopped
from tests.support.harness.tiers import core_rows
from tests.support.mail.outgoing import (
    connections,
    reason_to_wait,
    remove_waiting,
    tried_again,
)
from tests.support.server.queue import waiting
from tests.support.server.resolver import forget
from tests.support.wait import wait_until
from tests.support.world.sink import Sink
from tests.support.world.sts import StsDomain
from tests.support.world.zones.signed_zone import ZONE

pytestmark = [
    # The root of this world is not signed, which Postfix finds strange.
    pytest.mark.provokes("postfix", "DNSSEC validation may be unavailable"),
    pytest.mark.provokes("postfix", "dnssec_probe"),
    pytest.mark.usefixtures("transport", "validating"),
]

# How each attack looks in the queue.
ATTACKS = {
    "wrong": "Server certificate not verified",
    "stripped": "can't be found out now",
    "bogus": "can't be found out now",
    "clear": "TLS is required, but was not offered",
    "both": "Server certificate not verified",
}


@pytest.fixture(scope="module")
def validating(server):
    """Have names validated, for this file."""
    with dnssec(server.project):
        yield


def sink(project, domain: str) -> Sink:
    """Return the server of a domain below dane.test."""
    return Sink(project, "sink-plain" if domain == "clear" else "sink-tls", domain)


@pytest.mark.core
def test_a_server_with_the_right_tlsa_gets_mail(server, alice, subject):
    """A server whose TLSA record is right gets mail, and the log says "Verified"."""
    project, begin = server.project, time.time()

    alice.send(f"a@right.{ZONE}", subject)

    assert sink(project, "right").receive(subject).tls == "TLSv1.3"
    said = connections(project, f"mx.right.{ZONE}", begin)
    assert "Verified TLS connection established" in said
    assert f"right.{ZONE}: DANE: a TLSA record is proven" in project.said(
        "tls-policy", begin
    )


@pytest.mark.parametrize("domain", core_rows(ATTACKS, "wrong", "stripped"))
@pytest.mark.provokes("postfix", "policy|TLSA|not trusted")
def test_mail_to_a_server_that_is_not_proven_waits(server, alice, subject, domain):
    """
    Mail waits if the TLSA record is another's, stripped or forged, or TLS is missing.

    The queue says why. An MTA-STS policy does not stand in for a TLSA record that
    does not hold.
    """
    project = server.project
    recipient = f"{subject.split()[1]}@{domain}.{ZONE}"
    if domain == "both":
        StsDomain(project, "", f"{domain}.{ZONE}").serve()

    alice.send(recipient, subject)

    try:
        assert ATTACKS[domain] in reason_to_wait(project, recipient)
        assert not sink(project, domain).sessions(subject)
    finally:
        remove_waiting(project, recipient)


@pytest.mark.core
def test_a_signed_domain_without_tlsa_gets_mail_as_others_do(server, alice, subject):
    """A signed domain without TLSA records gets mail with any certificate."""
    alice.send(f"a@bare.{ZONE}", subject)

    assert sink(server.project, "bare").receive(subject).tls == "TLSv1.3"


@pytest.mark.provokes("postfix", "lookup error|Name service error|look up MX host")
def test_mail_waits_while_no_name_server_answers(server, alice, subject):
    """While no name server answers, mail waits; afterwards it goes, proven."""
    project, begin = server.project, time.time()
    recipient = f"{subject.split()[1]}@right.{ZONE}"

    with stopped(project, "dns"):
        alice.send(recipient, subject)
        wait_until(lambda: waiting(project, recipient), "the mail in the queue")
        assert "Name service error" in reason_to_wait(project, recipient, 120)

    # For a minute, the resolver remembers that it had no key of the zone; for another
    # one, what it could not verify without.
    forget(project, ZONE)
    tried_again(project, recipient)
    assert sink(project, "right").receive(subject).tls
    said = connections(project, f"mx.right.{ZONE}", begin)
    assert "Verified TLS connection established" in said
