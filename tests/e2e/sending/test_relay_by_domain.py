"""The mail of a domain leaves through the relay that RELAY_BY_DOMAIN names."""

import time

import pytest

from tests.support.configuration.relays import (
    FIRST,
    ROUTES,
    SECOND,
    by_domain,
    relay_received_header,
    relaying,
)
from tests.support.faults.services import stopped
from tests.support.mail.message import letter
from tests.support.mail.outsiders import authentication_results
from tests.support.server.queue import waiting
from tests.support.wait import wait_until

# The reason in the queue for each domain, and the words in the log.
UNVERIFIED = "Server certificate not verified"
DOUBTFUL = {
    "untrusted.test": (UNVERIFIED, "self-signed certificate"),
    "misnamed.test": (UNVERIFIED, "hostname mismatch"),
    "clear.test": ("TLS is required, but was not offered", "dsn=4.7.4"),
}


@pytest.fixture(scope="module", autouse=True)
def routes(server, relayed):
    """
    Set a relay for each of these domains, and a login for the relay or the domain.
    """
    routes = by_domain("starttls.test", "shared.test", "tls.test", *DOUBTFUL)
    logins = {
        "@starttls.test": FIRST,
        "@shared.test": SECOND,
        ROUTES["tls.test"]: SECOND,
        **{ROUTES[domain]: FIRST for domain in DOUBTFUL},
    }
    with relaying(server.project, logins, RELAY_BY_DOMAIN=routes):
        yield


def send(alice, domain: str, to: str, subject: str) -> None:
    """Have alice send from an address in *domain* whose mail she gets."""
    sender = f"office@{domain}"
    alice.send(to, message=letter(sender, to, subject), sender=sender)


@pytest.mark.core
@pytest.mark.parametrize(
    ("domain", "customer"), [("starttls.test", FIRST), ("tls.test", SECOND)]
)
def test_a_domains_mail_goes_through_its_relay(
    alice, stranger, subject, domain, customer
):
    """
    A domain's mail leaves through its own relay, encrypted and with the right login.

    By STARTTLS with the login of the domain, and on port 465 with the login of the
    relay. The domain's records say that the relay sends for it.
    """
    send(alice, domain, stranger.address, subject)

    received = stranger.receive(subject)
    line = relay_received_header(received)
    assert f"Authenticated sender: {customer[0]}" in line
    assert "using TLSv1.3" in line
    assert {
        f"spf=pass smtp.mailfrom={domain}",
        f"dkim=pass header.d={domain} header.a=rsa-sha256",
        f"dkim=pass header.d={domain} header.a=ed25519-sha256",
        f"dmarc=pass header.from={domain}",
    } == authentication_results(received)


@pytest.mark.core
@pytest.mark.parametrize("domain", ["starttls.test", "tls.test"])
def test_mail_to_a_relay_does_not_depend_on_what_its_recipient_publishes(
    server, alice, stranger, subject, domain
):
    """Mail to a relay is protected as RELAY_TLS says: nobody asks tls-policy."""
    with stopped(server.project, "tls-policy"):
        send(alice, domain, stranger.address, subject)
        assert stranger.receive(subject)


@pytest.mark.core
def test_mail_of_other_domains_goes_directly(alice, stranger, subject):
    """Mail of a domain without a relay leaves directly."""
    alice.send(stranger.address, subject)

    assert not relay_received_header(stranger.receive(subject))


@pytest.mark.core
def test_two_domains_use_their_own_logins_at_one_relay(alice, stranger, subject):
    """Two domains with the same relay use their own logins there."""
    domains = ("starttls.test", "shared.test")

    for domain in domains:
        send(alice, domain, stranger.address, f"{domain} {subject}")

    lines = [
        relay_received_header(stranger.receive(f"{domain} {subject}"))
        for domain in domains
    ]
    assert f"Authenticated sender: {FIRST[0]}" in lines[0]
    assert f"Authenticated sender: {SECOND[0]}" in lines[1]


@pytest.mark.parametrize("domain", DOUBTFUL)
def test_a_relay_without_a_valid_certificate_gets_nothing(
    server, alice, subject, domain
):
    """
    A relay without TLS or a valid certificate gets neither mail nor login.

    The mail waits, and the queue says why.
    """
    project, begin = server.project, time.time()
    to = f"{subject.split()[-1]}@outside.test"

    send(alice, domain, to, subject)
    (message,) = wait_until(
        lambda: [each for each in waiting(project, to) if each.reason],
        "a reason in the queue",
    )
    sessions = wait_until(
        lambda: disconnections(project, begin), "the end of a session at the relay"
    )
    project.inside("postfix", "postsuper", "-d", message.queue_id)

    reason, cause = DOUBTFUL[domain]
    assert reason in message.reason
    assert any(cause in line.text for line in project.lines(["postfix"], since=begin))
    assert not [line for line in sessions if "auth=" in line or "mail=" in line]


def disconnections(project, begin: float) -> list[str]:
    """What the relay counted in each session: the commands and their number."""
    said = (line.text for line in project.lines(["relay"], since=begin))
    return [text for text in said if "disconnect from" in text]
