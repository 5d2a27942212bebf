"""TLS_POLICY says how mail to single domains is protected, whatever they publish."""

import pytest

from tests.support.configuration.dnssec import dnssec
from tests.support.configuration.reload import await_reload, with_settings
from tests.support.mail.outgoing import reason_to_wait, remove_waiting
from tests.support.world.sink import Sink
from tests.support.world.sts import StsDomain
from tests.support.world.zones.signed_zone import ZONE

pytestmark = [
    pytest.mark.usefixtures("transport", "exceptions"),
    pytest.mark.provokes("postfix", "DNSSEC validation may be unavailable"),
    pytest.mark.provokes("postfix", "dnssec_probe"),
]

EXCEPTIONS = {
    f"wrong.{ZONE}": "may",
    f"both.{ZONE}": "none",
    f"right.{ZONE}": "verify",
    f"bare.{ZONE}": "dane",
    "plain.test": "encrypt",
    "right.sts.test": "verify",
    "self-signed.sts.test": "encrypt",
}
# What is demanded in vain, and how the queue says so.
IN_VAIN = {
    f"right.{ZONE}": "Server certificate not verified",
    f"bare.{ZONE}": "no TLSA records found",
    "plain.test": "TLS is required, but was not offered",
}


@pytest.fixture(scope="module")
def exceptions(server, world):
    """Have all of them in use, for this file, and both policies published."""
    project = server.project
    wanted = ",".join(f"{domain}={level}" for domain, level in EXCEPTIONS.items())
    right = StsDomain(project, world.policies, "right.sts.test")
    other = StsDomain(project, world.policies, "self-signed.sts.test")
    other.serve()
    with (
        dnssec(project),
        with_settings(project, RESOLVER_DNSSEC="yes", TLS_POLICY=wanted),
        right.published(world.tls),
        other.published(world.tls),
    ):
        await_reload(project)
        yield
    other.withdraw()


@pytest.mark.core
@pytest.mark.parametrize(
    ("domain", "tls"),
    [
        (f"wrong.{ZONE}", "TLSv1.3"),
        (f"both.{ZONE}", ""),
        ("right.sts.test", "TLSv1.3"),
        ("self-signed.sts.test", "TLSv1.3"),
    ],
)
def test_an_exception_holds_against_what_the_domain_publishes(
    server, alice, subject, domain, tls
):
    """
    With may, encrypt or none, mail goes where DANE or MTA-STS would have it wait.

    With verify it goes to a server whose certificate is for its own name.
    """
    alice.send(f"a@{domain}", subject)

    assert Sink(server.project, "sink-tls", domain).receive(subject).tls == tls


@pytest.mark.core
@pytest.mark.parametrize("domain", IN_VAIN)
@pytest.mark.provokes("postfix", "not trusted|TLSA|policy")
def test_what_an_exception_demands_is_demanded(server, alice, subject, domain):
    """With encrypt, verify or dane, mail waits for a server that is as demanded."""
    project = server.project
    recipient = f"{subject.split()[1]}@{domain}"

    alice.send(recipient, subject)

    try:
        assert IN_VAIN[domain] in reason_to_wait(project, recipient)
        for sink in ("sink-tls", "sink-plain"):
            assert not Sink(project, sink, domain).sessions(subject)
    finally:
        remove_waiting(project, recipient)
