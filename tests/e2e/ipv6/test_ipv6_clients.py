"""Clients on IPv6 reach each port with their own address, and are judged by it."""

import json
import re
import time

import pytest
from imapclient.exceptions import LoginError

from tests.support.clients.container import run_in_container
from tests.support.clients.dialogue import Smtp
from tests.support.clients.login import logged_in
from tests.support.clients.programs.open_relay import answers, forms
from tests.support.clients.programs.smtp_commands import EHLO
from tests.support.configuration.postscreen import postscreen_settings
from tests.support.configuration.reload import in_use, with_settings
from tests.support.mail.mailbox import Mailbox
from tests.support.mail.message import letter
from tests.support.mail.outsiders import Spammer
from tests.support.server.server import IMAP_PORTS, PORTS, Server
from tests.support.server.status import status
from tests.support.world.zones.blocklists import HONEST

LIMIT = 3
ENVELOPE = (EHLO, "MAIL FROM:<a@outside.test>", "RCPT TO:<alice@example.test>")
HIDDEN = "451 4.7.1"


@pytest.fixture(scope="module")
def outside(server: Server, world) -> Server:
    """Reach the server as a client from outside does, on IPv6."""
    return Server(server.project, world.outsider)


@pytest.fixture
def visit(server, world, alice):
    """Have a client of that name, at its own IPv6 address, talk to port 25."""

    def visit(name: str, *said: str, manner: str = "waiting") -> list[str]:
        where = (server.project, f"{server.project.name}_world", "smtp_commands")
        address = world.postscreen_clients_ipv6[name]
        printed = run_in_container(
            *where, manner, world.postfix_ipv6, *said, address=address
        )
        return json.loads(printed)

    return visit


@pytest.mark.core
def test_each_port_shows_the_address_of_a_client(outside, world, alice, subject):
    """
    On each of the five ports, a client on IPv6 comes with its own address.

    The log says so, and so does Received of what came by 25. What users send hides
    where they are.
    """
    begin, user = time.time(), Mailbox(alice.address, alice.password, outside)

    user.send(alice.address, f"{subject} 587")
    user.send(alice.address, f"{subject} 465", port=465)
    message = letter("a@outside.test", alice.address, f"{subject} 25")
    reply = Spammer(outside).send(alice.address, message, "a@six.spf-six.test")
    for port in IMAP_PORTS:
        assert user.receive(f"{subject} 587", port=port)
        assert user.receive(f"{subject} 465", port=port)

    assert reply.code == 250
    (*_, top) = user.receive(f"{subject} 25").all("Received")[:2]
    assert f"[IPv6:{world.outsider}]" in top
    said = outside.project.said("postfix", begin)
    for service in ("submission/smtpd", "submissions/smtpd", "smtpd"):
        pattern = rf"postfix/{service}\[\d+\]: \w+: client=\S+\[{world.outsider}\]"
        assert re.search(pattern, said), service
    logins = re.findall(
        r"Logged in: .*rip=(\S+?),", outside.project.said("dovecot", begin)
    )
    assert len(logins) >= len(IMAP_PORTS)
    assert set(logins) == {world.outsider}


@pytest.mark.core
def test_each_port_is_open_on_both(server, outside):
    """Each port answers on IPv4 and on IPv6, with the same certificate."""
    for port in PORTS:
        for each in (server, outside):
            with each.connect(port, server.trust):
                pass


@pytest.mark.core
@pytest.mark.provokes("postfix", r"Illegal address syntax from \S+ in RCPT command")
@pytest.mark.provokes(
    "postfix", r"valid_ipv4_hostaddr: invalid .*: ([0-9a-f:]+|outside\.test)$"
)
def test_no_form_of_a_foreign_recipient_is_relayed(outside, world, alice):
    """No form of a foreign recipient is accepted from a client on IPv6."""
    ours = world.postfix_ipv6

    asked = list(answers(outside.address, outside.port(25), ours))

    assert len({form for _, form, _ in asked}) == len(forms(ours)) + 1
    assert [each for each in asked if not each[2].startswith("5")] == []
    assert "probe" not in outside.project.inside("postfix", "postqueue", "-j").decode()


@pytest.mark.core
# On a busy machine `stack status` doesn't wait for what a port has to say.
@pytest.mark.provokes("postfix", "SSL_accept error .*: (lost|Connection reset)")
@pytest.mark.provokes(
    "dovecot", "hidden: Password query failed|bad JSON path: .clients on"
)
def test_the_gateway_is_a_client_for_nobody(server, alice, subject):
    """
    A client with the address of Docker's gateway on IPv6 can neither send nor read.

    Behind it could be anybody. A login doesn't help: 451 on sending, UNAVAILABLE on
    reading, which is no reason to ask for another password. `stack status` tells.
    """
    address = "::1"
    port = server.project.port(25, address=address)
    user = Mailbox(alice.address, alice.password, Server(server.project, address))

    with Smtp(address, port) as session:
        session.ehlo()
        session.say("MAIL FROM:<a@outside.test>")
        asked = session.say(f"RCPT TO:<{alice.address}>")
    with logged_in(user.server, alice.address, alice.password) as session:
        session.say(f"MAIL FROM:<{alice.address}>")
        sent = session.say(f"RCPT TO:<{alice.address}>")
    alice.send(alice.address, subject)

    assert str(asked).startswith(HIDDEN)
    assert "use IPv4" in str(asked)
    assert str(sent).startswith(HIDDEN)
    for port in IMAP_PORTS:
        with pytest.raises(LoginError, match="UNAVAILABLE"):
            user.receive(subject, port=port)
    assert alice.receive(subject)
    (row,) = [each for each in status(server.project) if each["kind"] == "ipv6"]
    assert row["level"] == "warn"
    assert "clients came with the address of Docker's gateway" in row["state"]


@pytest.mark.provokes("postfix", r"rate limit exceeded: 4 from \S+ for service smtpd$")
def test_clients_of_one_64_are_counted_as_one(server, world, visit, alice):
    """
    Clients of one /64 are limited together; others are served meanwhile.

    Whoever has one address on IPv6 has a /64 of them.
    """
    names = ("waiting", "new", "allow-listed", "on one list")
    begin = time.time()
    for name in names:
        visit(name, EHLO)
    limits = with_settings(server.project, CONNECTION_RATE_LIMIT=str(LIMIT))

    with in_use(server.project, limits):
        greetings = [visit(name, EHLO)[0] for name in names]
        with Smtp(server.address, server.port(25)) as session:
            other = session.greeting.code

    assert [each[:3] for each in greetings] == ["220"] * LIMIT + ["421"]
    assert other == 220
    assert "Connection rate limit exceeded" in server.project.said("postfix", begin)


@pytest.mark.core
@pytest.mark.provokes("postfix", "reject: RCPT from .* Protocol error")
def test_a_client_that_talks_before_the_greeting_is_refused(visit):
    """postscreen refuses a client on IPv6 that talks before the greeting."""
    *_, reply = visit("early", *ENVELOPE[1:], manner="early")

    assert reply.startswith("550 5.5.1 Protocol error. Wait for the greeting")


@pytest.mark.core
def test_a_client_on_a_dnsbl_is_refused(world, visit):
    """A client on IPv6 that a DNSBL lists is refused, with the list's name."""
    *_, reply = visit("listed", *ENVELOPE)

    address = world.postscreen_clients_ipv6["listed"]
    assert reply.startswith(
        f"550 5.7.1 Service unavailable; client [{address}] blocked using {HONEST}."
    )


def test_a_client_in_the_allowlist_is_served_at_once(server, world, visit):
    """A client on IPv6 in POSTSCREEN_ALLOWLIST is served, even if a DNSBL lists it."""
    address = world.postscreen_clients_ipv6["listed"]

    *_, before = visit("listed", *ENVELOPE)
    with postscreen_settings(
        server.project, POSTSCREEN_ALLOWLIST=f"192.0.2.0/24,{address}"
    ):
        greeting, *_, alone = visit("listed", *ENVELOPE)
    with postscreen_settings(
        server.project, POSTSCREEN_ALLOWLIST=str(world.subnet_ipv6)
    ):
        *_, among_others = visit("listed", *ENVELOPE)

    assert before.startswith("550 5.7.1")
    assert greeting == "220 mail.example.test ESMTP"
    assert alone.startswith("250")
    assert among_others.startswith("250")


def test_greylisting_defers_a_new_client_once(server, visit):
    """With GREYLISTING, a new client on IPv6 gets 450 once, and is served then."""
    with postscreen_settings(server.project, GREYLISTING="yes"):
        *_, first = visit("new", *ENVELOPE)
        *_, second = visit("new", *ENVELOPE)

    assert first.startswith("450 4.3.2")
    assert second.startswith("250")


@pytest.mark.core
def test_our_own_names_and_addresses_are_refused_in_ehlo(world, visit):
    """A client on IPv6 that says our address, or nonsense, in EHLO is refused."""
    claims = {f"[IPv6:{world.public_ipv6}]": "550", "[IPv6:2001:db8::1]": "250"}

    for claim, code in claims.items():
        *_, reply = visit("refused", f"EHLO {claim}", *ENVELOPE[1:])
        assert reply.startswith(code), claim


@pytest.mark.core
def test_spf_judges_by_the_address_on_ipv6(outside, world, alice, subject):
    """SPF with ip6: passes for the client that it names, and fails for another."""
    results = {"pass": "six.spf-six.test", "fail": "other.spf-six.test"}

    for result, domain in results.items():
        author = f"a@{domain}"
        message = letter(author, alice.address, f"{subject} {result}")
        assert Spammer(outside).send(alice.address, message, author).code == 250

    received = alice.collect([f"{subject} {result}" for result in results])
    for result, domain in results.items():
        _, found = received[f"{subject} {result}"]
        (told,) = found.all("Authentication-Results")
        assert re.search(rf"spf={result} [^;]*smtp\.mailfrom=(a@)?{domain}", told)
