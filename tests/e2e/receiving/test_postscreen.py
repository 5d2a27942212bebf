"""postscreen refuses clients that talk too early or are listed, before any scan."""

import json
import time

import pytest

from tests.support.clients.container import run_in_container
from tests.support.clients.programs.smtp_commands import EHLO
from tests.support.configuration.postscreen import postscreen_settings
from tests.support.configuration.templates import settings
from tests.support.server.status import status, status_in_container
from tests.support.wait import wait_until
from tests.support.world.zones.blocklists import (
    EMPTY,
    EVERYBODY,
    HONEST,
    MUTE,
    REFUSING,
)

MAIL = "MAIL FROM:<a@outside.test>"
RCPT = "RCPT TO:<alice@example.test>"
ENVELOPE = (EHLO, MAIL, RCPT)

refusing = pytest.mark.provokes("postfix", "reject: RCPT from .* Protocol error")


def text(subject: str, author: str = "a@outside.test") -> str:
    """A message as it follows DATA."""
    return f"From: {author}\r\nSubject: {subject}\r\n\r\nGood day.\r\n."


@pytest.fixture
def visit(server, world, alice):
    """Have a client of that name, at its own address, say something on port 25."""

    def visit(name: str, *said: str, manner: str = "waiting") -> list[str]:
        project, address = server.project, world.postscreen_clients[name]
        where = (
            project,
            f"{project.name}_world",
            "smtp_commands",
            manner,
            world.postfix,
        )
        return json.loads(run_in_container(*where, *said, address=address))

    return visit


def lines_about(server, address: str, begin: float) -> str:
    """What Postfix has logged since *begin* of the client at *address*."""
    lines = server.project.lines(["postfix"], since=begin)
    return "\n".join(line.text for line in lines if f"[{address}]" in line.text)


@pytest.mark.core
@refusing
def test_a_client_that_talks_before_the_greeting_is_refused(server, world, visit):
    """
    A client that talks before the greeting is refused at RCPT, with the reason.

    The log names the client, sender and recipient. No smtpd process is used.
    """
    begin = time.time()

    *_, reply = visit("early", MAIL, RCPT, manner="early")

    assert reply.startswith("550 5.5.1 Protocol error. Wait for the greeting")
    assert "postmaster@example.test" in reply
    logged = lines_about(server, world.postscreen_clients["early"], begin)
    assert "PREGREET" in logged
    assert "from=<a@outside.test>, to=<alice@example.test>" in logged
    assert "postfix/smtpd" not in logged


@pytest.mark.core
def test_a_new_client_waits_for_the_greeting_once(visit, alice, subject):
    """
    A new client waits for the greeting and is served; the next time it needn't wait.
    """
    first, *_, delivered = visit("waiting", *ENVELOPE, "DATA", text(subject))
    again, *_ = visit("waiting", EHLO)

    assert first == "220-mail.example.test ESMTP\n220 mail.example.test ESMTP"
    assert delivered.startswith("250")
    assert alice.receive(subject)
    assert again == "220 mail.example.test ESMTP"


@pytest.mark.core
def test_a_client_on_a_dnsbl_is_refused(server, world, visit):
    """
    A client on a DNSBL is refused at RCPT; answer and log name the client and the list.
    """
    begin, address = time.time(), world.postscreen_clients["listed"]

    *_, reply = visit("listed", *ENVELOPE)

    named = f"550 5.7.1 Service unavailable; client [{address}] blocked using {HONEST}."
    assert reply.startswith(named)
    assert "postmaster@example.test" in reply
    logged = lines_about(server, address, begin)
    assert f"blocked using {HONEST}; from=<a@outside.test>" in logged
    assert "postfix/smtpd" not in logged


@pytest.mark.core
def test_postscreen_offers_starttls_but_no_auth_etrn_or_chunking(visit):
    """postscreen offers a refused client STARTTLS, but no AUTH, ETRN or CHUNKING."""
    _, offer, _, encrypted, *_, reply = visit("encrypted", EHLO, "STARTTLS", *ENVELOPE)

    keywords = {line[4:].split()[0] for line in offer.splitlines()[1:]}
    assert "STARTTLS" in keywords
    assert not keywords & {"AUTH", "ETRN", "CHUNKING", "VRFY"}
    assert encrypted.startswith("250-mail.example.test")
    assert "STARTTLS" not in encrypted
    assert reply.startswith("550 5.7.1")


@pytest.mark.provokes("postfix", "lookup error for DNS query")
def test_a_silent_or_refusing_dnsbl_refuses_no_client(server, world, visit):
    """
    A DNSBL that is silent, or answers 127.255.255.254, refuses no client.

    The client waits for it no longer than for its greeting.
    """
    begin, name = time.time(), "refusing list"

    with postscreen_settings(
        server.project, DNSBL=f"{REFUSING},{MUTE}", GREETING_DELAY="2"
    ):
        *_, reply = visit(name, *ENVELOPE)

    assert reply.startswith("250")
    came, passed = [
        line.at
        for line in server.project.lines(["postfix"], since=begin)
        if f"[{world.postscreen_clients[name]}]" in line.text
        and "postscreen" in line.text
    ]
    assert passed - came < 5


def test_a_client_in_the_allowlist_is_served_at_once(server, world, visit):
    """A client in POSTSCREEN_ALLOWLIST is served at once, even if a DNSBL lists it."""
    address = world.postscreen_clients["exception"]

    *_, before = visit("exception", *ENVELOPE)
    with postscreen_settings(
        server.project, POSTSCREEN_ALLOWLIST=f"192.0.2.0/24,{address}"
    ):
        greeting, *_, during = visit("exception", *ENVELOPE)

    assert before.startswith("550 5.7.1")
    assert greeting == "220 mail.example.test ESMTP"
    assert during.startswith("250")


def test_greylisting_defers_a_new_client_once(server, visit, alice, subject):
    """
    With GREYLISTING, a new client gets 450 the first time, and is served the second.
    """
    message = (*ENVELOPE, "DATA", text(subject))

    with postscreen_settings(server.project, GREYLISTING="yes"):
        *_, first = visit("new", *ENVELOPE)
        *_, second = visit("new", *message)

    assert first.startswith("450 4.3.2")
    assert "Come again" in first
    assert second.startswith("250")
    assert alice.receive(subject)


def test_an_allow_list_spares_a_client_greylisting(server, visit):
    """A client on an allow list (a negative weight) spares the wait and greylisting."""
    wanted = {"DNSBL": f"{EVERYBODY}*-1,{HONEST}", "GREYLISTING": "yes"}

    with postscreen_settings(server.project, **wanted):
        *_, reply = visit("allow-listed", *ENVELOPE)

    assert reply.startswith("250")


def test_dnsbl_weights_are_added_up(server, world, visit):
    """
    With DNSBL_THRESHOLD=2, a client on one of two lists is served, on both refused.
    """
    wanted = {"DNSBL": f"{EVERYBODY},{HONEST}", "DNSBL_THRESHOLD": "2"}

    with postscreen_settings(server.project, **wanted):
        *_, on_one = visit("on one list", *ENVELOPE)
        *_, on_two = visit("listed", *ENVELOPE)

    assert on_one.startswith("250")
    assert on_two.startswith("550 5.7.1")


hurried = pytest.mark.provokes(
    "postfix", "SSL_accept error .*: (lost|Connection reset)"
)


@hurried
@pytest.mark.parametrize("place", ["container", "machine"])
def test_status_shows_a_useless_dnsbl(server, place):
    """
    `stack status` shows which DNSBL refuses us, is silent, or lists everybody.

    Asked from Postfix's container on the machine, or from the container `stack`.
    """
    lists = f"{HONEST},{REFUSING},{EMPTY},{EVERYBODY}"
    ask = status_in_container if place == "container" else status

    def said() -> list[str]:
        states = [row["state"] for row in ask(server.project) if row["kind"] == "list"]
        return [" ".join(each.split()[:2]) for each in states]

    with settings(server.project, DNSBL=lists):
        expected = ["answers", "refuses us:", "doesn't answer", "lists everybody:"]
        wait_until(lambda: said() == expected, "an answer of each in time")


@hurried
@pytest.mark.parametrize("place", ["container", "machine"])
def test_status_warns_of_silent_dnsbls(server, place):
    """
    `stack status` warns of silent DNSBLs, and shows one that answers among them.

    All are asked at once.
    """
    silent = [f"{number}.{MUTE}" for number in range(8)]
    ask = status_in_container if place == "container" else status

    def levels() -> dict[str, str]:
        return {
            row["name"]: row["level"]
            for row in ask(server.project)
            if row["kind"] == "list"
        }

    with settings(server.project, DNSBL=",".join([*silent, HONEST])):
        expected = dict.fromkeys(silent, "warn") | {HONEST: "ok"}
        wait_until(lambda: levels() == expected, "an answer of the last in time")


@pytest.mark.core
@refusing
def test_refused_mail_is_not_scanned(server, world, visit, subject):
    """
    Mail of refused clients, to unknown users and that fails DMARC is not scanned.

    A message that is accepted afterwards is the only one that SpamAssassin logs.
    """
    begin = time.time()
    misnamed = ("EHLO localhost", MAIL, RCPT, "DATA")
    unknown = (EHLO, MAIL, "RCPT TO:<nobody@example.test>", "DATA")

    refused = [
        visit("early", MAIL, RCPT, "DATA", manner="early"),
        visit("listed", *ENVELOPE, "DATA"),
        visit("refused", *misnamed),
        visit("refused", *unknown),
    ]
    letters = [text(subject, "a@reject.dmarc.test"), text(subject)]
    forged, taken = [visit("refused", *ENVELOPE, "DATA", each)[-1] for each in letters]

    assert [replies[-2][:3] for replies in refused] == ["550", "550", "504", "550"]
    assert [replies[-1][:1] for replies in refused] == ["5"] * len(refused)
    assert forged.startswith("550 5.7.1")
    assert taken.startswith("250")
    scans = wait_until(lambda: scanned(server, world, begin), "a scan in the log")
    assert len(scans) == 1, scans


def scanned(server, world, begin: float) -> list[str]:
    """What SpamAssassin says since then of mail from our clients."""
    clients = [f"client={address} " for address in world.postscreen_clients.values()]
    lines = server.project.lines(["spamassassin"], since=begin)
    return [each.text for each in lines if any(who in each.text for who in clients)]
