"""A user's Sieve script forwards mail unchanged, within limits."""

import re

import pytest

from tests.support.configuration.sieve_scripts import run, script
from tests.support.configuration.templates import await_applied, settings
from tests.support.dkim.signatures import signatures
from tests.support.faults.services import stopped
from tests.support.mail.message import PUSHY, letter
from tests.support.server.accounts import aliases, open_account
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until
from tests.support.world import OUTSIDE, SELECTOR

UTF8 = "Grüße vom Öresund, 今日は\n"


@pytest.fixture
def forwarder(server, alice, subject):
    """Add a user whose script no other test changes."""
    return open_account(server, f"f{subject.split()[-1]}@example.test")


@pytest.fixture
def records(world) -> dict[str, str]:
    """Return the DKIM record of the other mail server."""
    (line,) = (
        r for r in world.records if r.startswith(f"{SELECTOR}._domainkey.{OUTSIDE}.")
    )
    return {f"{SELECTOR}._domainkey.{OUTSIDE}": "".join(re.findall('"([^"]*)"', line))}


@pytest.mark.core
def test_redirect_keeps_the_authors_signature(
    server, forwarder, stranger, records, subject
):
    """
    `redirect` forwards a message unchanged: its author's DKIM signature still verifies.

    SPF passes for our domain. We don't sign it, as the author is not ours. No version
    of a program is in it.
    """
    written = letter(stranger.address, forwarder.address, subject, f"{UTF8}\n.\nEnd\n")
    with script(forwarder, f'redirect "{stranger.address}";'):
        stranger.send(forwarder.address, message=stranger.sign(written))
        received = stranger.receive(subject)

    assert [(s.domain, s.valid) for s in signatures(received, records)] == [
        (OUTSIDE, True)
    ]
    assert received.all("X-Sieve") == []
    assert any(
        each.startswith("mx.outside.test;") and "spf=pass" in each
        for each in received.all("Authentication-Results")
    )
    assert subject not in forwarder.subjects()


@pytest.mark.parametrize(
    ("commands", "whom"),
    [
        ('redirect "bob@example.test";', {"bob"}),
        ('redirect "bob+folder@example.test";', {"bob"}),
        ('redirect "forwarded@example.test";', {"bob", "carol", "stranger"}),
        ('redirect "bob@example.test"; redirect "carol@second.test";'
         'redirect "stranger@outside.test";', {"bob", "carol", "stranger"}),
        ('redirect :copy "bob@example.test";', {"bob", "forwarder"}),
    ],
)  # fmt: skip
def test_redirect_reaches_each_address_once(
    server, forwarder, bob, carol, stranger, spammer, subject, commands, whom
):
    """
    `redirect` reaches each local user, alias and outside address once.

    With `:copy` the user keeps the message, too.
    """
    people = {"forwarder": forwarder, "bob": bob, "carol": carol}
    everybody = f"{bob.address} {carol.address} {stranger.address}"
    with (
        aliases(server.project, **{"forwarded@example.test": everybody}),
        script(forwarder, commands, "copy"),
    ):
        spammer.send(
            forwarder.address, letter("a@outside.test", forwarder.address, subject)
        )
        for each in whom:
            ({**people, "stranger": stranger}[each]).receive(subject)
        assert waiting(server.project, forwarder.address) == []

    found = {name for name, each in people.items() if subject in each.subjects()}
    assert found == whom - {"stranger"}
    assert all(people[name].subjects().count(subject) == 1 for name in found)


@pytest.mark.parametrize("through_a_colleague", [False, True])
def test_a_redirect_loop_keeps_the_message_once(
    server, forwarder, spammer, subject, through_a_colleague
):
    """A message that would be forwarded in a loop is kept in the inbox, once."""
    other = forwarder
    if through_a_colleague:
        other = open_account(server, f"b{subject.split()[-1]}@example.test")
    with (
        script(forwarder, f'redirect "{other.address}";'),
        script(other, f'redirect "{forwarder.address}";'),
    ):
        spammer.send(
            forwarder.address, letter("a@outside.test", forwarder.address, subject)
        )
        forwarder.receive(subject)

    assert forwarder.subjects().count(subject) == 1


def test_a_bounce_is_forwarded_with_a_null_sender(
    forwarder, stranger, spammer, subject
):
    """A bounce is forwarded with a null envelope sender (RFC 5228, 4.2)."""
    with script(forwarder, f'redirect "{stranger.address}";'):
        spammer.send(
            forwarder.address, letter("a@outside.test", forwarder.address, subject), ""
        )
        received = stranger.receive(subject)

    assert received.all("Return-Path") == ["<>"]


@pytest.mark.parametrize("header", ["Subject: {}", "Subject: {} Grüße"])
def test_eight_bit_and_utf_8_messages_are_forwarded_unchanged(
    forwarder, stranger, records, spammer, subject, header
):
    """8-bit messages, and those with UTF-8 headers, are forwarded without recoding."""
    written = letter(stranger.address, forwarder.address, subject, UTF8).replace(
        f"Subject: {subject}".encode(), header.format(subject).encode()
    )
    assert UTF8.encode() in written
    options = " BODY=8BITMIME" + (" SMTPUTF8" if not header.isascii() else "")
    with script(forwarder, f'redirect "{stranger.address}";'):
        reply = spammer.send(
            forwarder.address,
            stranger.sign(written),
            stranger.address,
            options=options,
        )
        assert reply.code == 250, reply
        received = stranger.receive(subject)

    assert [s.valid for s in signatures(received, records)] == [True]
    ways = received.all("Received")
    assert ("with UTF8SMTP" in ways[0]) is not header.isascii()


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("nobody-at-all@example.test", "550 5.1.1"),
        ("somebody@nowhere.invalid", "550 5.1.2"),
        ("somebody@[192.0.2.1]", "550 5.1.2"),
    ],
)
def test_a_message_that_can_not_be_forwarded_stays_in_the_inbox(
    server, forwarder, spammer, subject, address, reason
):
    """
    A message whose forwarding is refused stays in the inbox, with the reason in a
    header.
    """
    with script(forwarder, f'redirect "{address}";'):
        spammer.send(
            forwarder.address, letter("a@outside.test", forwarder.address, subject)
        )
        kept = forwarder.receive(subject)

    assert f"to {address}: {reason}" in kept.all("X-Sieve-Not-Forwarded")[0]
    assert b"Until tomorrow" in kept.raw
    assert waiting(server.project, forwarder.address) == []
    assert "tmp:0" in run(
        forwarder,
        f"cd /srv/vmail/example.test/{forwarder.address.split('@')[0]}"
        "/mail/mailboxes/INBOX/maildir;"
        " echo tmp:$(ls tmp | wc -l)",
    )


def test_spam_is_not_forwarded(forwarder, bob, spammer, subject):
    """A message that is marked as spam goes into Junk before the user's script runs."""
    with script(forwarder, f'redirect "{bob.address}";'):
        spammer.send(
            forwarder.address,
            letter("a@outside.test", forwarder.address, subject, PUSHY),
        )
        forwarder.receive(subject, folder="Junk")
        spammer.send(
            forwarder.address,
            letter("a@outside.test", forwarder.address, f"after {subject}"),
        )
        bob.receive(f"after {subject}")

    assert subject not in bob.subjects()


@pytest.mark.provokes("postfix", "[Mm]ilter service|host or service .* not found")
@pytest.mark.provokes("dovecot", "temporary failure")
def test_while_the_signer_is_down_forwarding_is_deferred(
    server, forwarder, bob, spammer, subject
):
    """
    While the signer is down, a message to forward waits in the queue.

    It is forwarded once when the signer is back.
    """
    project = server.project
    with script(forwarder, f'redirect "{bob.address}";'):
        with stopped(project, "dkim-sign"):
            message = letter("a@outside.test", forwarder.address, subject)
            assert spammer.send(forwarder.address, message).code == 250
            found = wait_until_deferred(project, forwarder.address)
        project.wait_for("healthy", "postfix")
        flush(project)
        bob.receive(subject)

    assert found.reason
    assert bob.subjects().count(subject) == 1
    assert subject not in forwarder.subjects()


def wait_until_deferred(project, address: str):
    """Wait until a message to *address* is in the queue with a reason."""
    return wait_until(
        lambda: next((w for w in waiting(project, address) if w.reason), None),
        f"mail to {address} that waits",
    )


@pytest.fixture
def three_an_hour(server):
    """Have the limit be three recipients."""
    project = server.project
    with settings(project, SEND_RATE_LIMIT="3"):
        project.stack("init", "--yes")
        await_applied(project, "dkim-sign")
        yield
    project.stack("init", "--yes")
    await_applied(project, "dkim-sign")


@pytest.mark.core
def test_forwarded_messages_count_for_the_send_limit(
    server, three_an_hour, forwarder, bob, spammer, subject
):
    """
    Forwarded messages count for SEND_RATE_LIMIT.

    One over the limit stays in the inbox; none is sent twice.
    """
    plus = [bob.address.replace("@", f"+{number}@") for number in range(2)]
    forwarder.send(bob.address, f"own {subject}")
    with script(forwarder, "".join(f'redirect "{each}";' for each in plus)):
        for number in range(2):
            spammer.send(
                forwarder.address,
                letter("a@outside.test", forwarder.address, f"{number} {subject}"),
            )
        kept = forwarder.receive(f"1 {subject}")
        bob.receive(f"0 {subject}")

    assert "450 4.7.1" in kept.all("X-Sieve-Not-Forwarded")[0]
    assert bob.subjects().count(f"0 {subject}") == 2
    assert f"1 {subject}" not in bob.subjects()
    assert forwarder.subjects().count(f"1 {subject}") == 2
    assert waiting(server.project, forwarder.address) == []
