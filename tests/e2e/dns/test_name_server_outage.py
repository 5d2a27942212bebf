"""While no name server answers, mail waits, and local mail is delivered."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from tests.support.clients.dialogue import Smtp
from tests.support.clients.submission import logged_in
from tests.support.configuration.relays import ROUTES, by_domain, relaying
from tests.support.configuration.reload import in_use, with_settings
from tests.support.configuration.sieve_scripts import script
from tests.support.faults.services import paused, stopped
from tests.support.harness.tiers import core_rows
from tests.support.server.project import ADDRESS, Project
from tests.support.server.queue import flush, waiting
from tests.support.server.resolver import await_health, control, resolves
from tests.support.wait import wait_until
from tests.support.world import OUTSIDE

# Seconds. Its name is looked up before a client is greeted, and some don't wait long; a
# new one waits for GREETING_DELAY before (tests/support/server/env).
GREETED_WITHIN = 3 + 5.0


@pytest.mark.core
@pytest.mark.provokes("postfix", "dnsblog_query: lookup error")
def test_without_a_name_server_port_25_defers_mail(server, alice):
    """
    Without a name server, port 25 greets in five seconds after GREETING_DELAY, and says
    450.

    No sender is refused for good because its domain can't be looked up just now.
    """
    with stopped(server.project, "dns"):
        begin = time.monotonic()
        with Smtp(ADDRESS, server.port(25)) as session:
            greeted = time.monotonic() - begin
            session.ehlo()
            session.say("MAIL FROM:<a@outside.test>")
            put_off = session.say(f"RCPT TO:<{alice.address}>")
            session.say("RSET")
            session.say("MAIL FROM:<>")
            bounce = session.say(f"RCPT TO:<{alice.address}>")

    # The resolver tries its upstream again soon, and the next test needs it.
    wait_until(lambda: resolves(server.project, f"mx.{OUTSIDE}"), "an answer")
    assert session.greeting.code == 220
    assert greeted < GREETED_WITHIN
    assert (put_off.code, str(put_off).split()[1]) == (450, "4.1.8")
    assert bounce.code == 250


SILENT: dict[str, Callable[[Project], AbstractContextManager[None]]] = {
    "there is none": lambda project: stopped(project, "dns"),
    "it hangs": lambda project: paused(project, "dns"),
    "the resolver is down": lambda project: stopped(project, "resolver"),
}
UNKNOWN = "Unable to look up MX host|Name service error"


def leaves(project: Project, recipient: str) -> None:
    """Wait until all mail to *recipient* has left; a failure is remembered a while."""

    def look() -> bool:
        flush(project)
        return not waiting(project, recipient)

    wait_until(look, "the end of the queue", 90)


@pytest.fixture(scope="module", autouse=True)
def healthy_resolver(server) -> Iterator[None]:
    """Wait for a healthy resolver after the tests of this file."""
    yield
    await_health(server.project)


@pytest.mark.parametrize("way", core_rows(SILENT, "there is none"))
@pytest.mark.provokes("postfix", f"dnsblog_query: lookup error|{UNKNOWN}")
def test_without_a_name_server_submitted_mail_is_queued(
    server, alice, bob, stranger, subject, way
):
    """
    Without a name server, submitted mail is queued, and leaves when names resolve
    again.

    Mail to local users needs no name, and arrives at once.
    """
    project = server.project
    with SILENT[way](project):
        alice.send([stranger.address, bob.address], subject)
        assert bob.receive(subject)
        assert waiting(project, stranger.address)

    leaves(project, stranger.address)
    assert stranger.receive(subject)


@pytest.mark.provokes("postfix", f"dnsblog_query: lookup error|{UNKNOWN}")
def test_without_a_name_server_forwarded_and_scanned_mail_is_queued(
    server, alice, bob, stranger, subject
):
    """
    Without a name server, mail that Sieve forwards and mail that is scanned is queued.
    """
    project = server.project
    with (
        in_use(project, with_settings(project, SPAM_SCAN_SUBMISSIONS="yes")),
        script(bob, f'redirect "{stranger.address}";'),
        stopped(project, "dns"),
    ):
        alice.send(bob.address, subject)
        wait_until(lambda: waiting(project, stranger.address), "the forwarded letter")

    leaves(project, stranger.address)
    assert stranger.receive(subject)


@pytest.mark.core
@pytest.mark.provokes("postfix", UNKNOWN)
def test_mail_to_a_domain_whose_lookup_fails_is_queued(server, alice):
    """
    Mail to a domain whose name servers fail is queued (RFC 5321, 4.5.4.1).

    Only a recipient whose domain certainly doesn't exist is refused, also in the same
    session.
    """
    with logged_in(alice) as session:
        session.say(f"MAIL FROM:<{alice.address}>")
        lame = session.say("RCPT TO:<a@lame.test>")
        gone = session.say("RCPT TO:<a@gone.test>")
        session.say("RSET")

    assert lame.code == 250
    assert (gone.code, str(gone).split()[1]) == (550, "5.1.2")


def test_mail_to_a_domain_with_a_null_mx_bounces_at_once(server, alice, subject):
    """
    Mail to a domain with a null MX bounces as soon as it was looked up (RFC 7505).
    """
    alice.send("a@silent.test", subject)

    notice = alice.receive("Undelivered Mail Returned to Sender")
    assert "does not accept mail" in notice.raw.decode()


@pytest.mark.usefixtures("relayed")
@pytest.mark.provokes("postfix", "dnsblog_query: lookup error")
def test_a_relay_host_given_by_address_needs_no_name_server(
    server, world, alice, stranger, subject
):
    """With RELAY_HOST as an address, mail leaves without a name server."""
    project, begin = server.project, time.time()
    relay = {"RELAY_HOST": f"{world.relay}:2526", "RELAY_TLS": "optional"}
    taken = re.compile(rf"to=<{stranger.address}>, relay={world.relay}.* status=sent")

    with relaying(project, {}, **relay):
        with stopped(project, "dns"):
            alice.send(stranger.address, subject)
            wait_until(lambda: taken.search(project.said("postfix", begin)), "a relay")
        wait_until(lambda: resolves(project, f"mx.{OUTSIDE}"), "an answer")


@pytest.mark.usefixtures("relayed")
def test_a_recipient_domain_is_not_looked_up_for_a_relay(server, alice):
    """
    A recipient domain that doesn't exist here is accepted if the mail goes by a relay.
    """
    relay = {"RELAY_BY_DOMAIN": by_domain("tls.test")}
    codes = {}

    with relaying(server.project, {}, **relay), logged_in(alice) as session:
        for sender in ("office@tls.test", alice.address):
            session.say(f"MAIL FROM:<{sender}>")
            codes[sender] = session.say("RCPT TO:<a@gone.test>").code
            session.say("RSET")
    with (
        relaying(server.project, {}, RELAY_HOST=ROUTES["tls.test"]),
        logged_in(alice) as session,
    ):
        session.say(f"MAIL FROM:<{alice.address}>")
        codes["RELAY_HOST"] = session.say("RCPT TO:<a@gone.test>").code
        session.say("RSET")

    assert codes == {"office@tls.test": 250, alice.address: 550, "RELAY_HOST": 250}


@pytest.mark.parametrize("reloads", [1, 2])
@pytest.mark.provokes("postfix", "dnsblog_query: lookup error")
def test_a_name_server_that_was_down_is_asked_again_in_seconds(server, reloads):
    """
    A name server that was down is asked again in seconds, when all names had failed.

    However often the resolver has read its configuration again.
    """
    project = server.project
    for _ in range(reloads):
        project.inside("resolver", "/usr/local/lib/config/reload")

    with stopped(project, "dns"):
        wait_until(lambda: is_given_up(project), "a name server that is given up", 90)

    wait_until(lambda: resolves(project, f"mx.{OUTSIDE}"), "an answer", 15)


def is_given_up(project: Project) -> bool:
    """Say whether the resolver expects no answer any more; ask it for one before."""
    assert not resolves(project, f"mx.{OUTSIDE}")
    # The longest time that it waits for an answer: infra-cache-max-rtt.
    return "rto 2000 " in control(project, "dump_infra")
