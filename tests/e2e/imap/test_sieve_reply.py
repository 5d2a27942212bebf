"""Replies that a user's Sieve script writes are signed, and only in the user's name."""

import pytest

from tests.support.configuration.sieve_scripts import script
from tests.support.configuration.templates import await_applied, settings
from tests.support.dkim.signatures import records_to_publish, signatures
from tests.support.mail.mailbox import Received
from tests.support.server.accounts import open_account
from tests.support.server.queue import waiting

TWICE = [("example.test", True)] * 2
# Dovecot labels it as 8-bit, whatever it holds: a pair for each form.
IN_BOTH_FORMS = [*TWICE, *[("example.test", False)] * 2]
AWAY = 'vacation :days 7 "I am away until Monday.";'


@pytest.fixture
def writer(server, alice, subject):
    """Add a user whose script no other test changes."""
    return open_account(server, f"w{subject.split()[-1]}@example.test")


def signed(server, received: Received) -> list[tuple[str, bool]]:
    """
    Return domain and validity of each signature, by the records of `stack dns show`.
    """
    found = signatures(received, records_to_publish(server))
    return [(each.domain, each.valid) for each in found]


@pytest.mark.core
def test_a_vacation_reply_is_signed_and_has_a_null_sender(
    server, writer, stranger, subject
):
    """
    A vacation reply reaches the other server, from the user, signed with both keys.

    It is marked as automatic and has a null sender (RFC 3834). A sender who writes
    again within the time gets no second reply.
    """
    with script(writer, AWAY, "vacation"):
        stranger.send(writer.address, subject)
        reply = stranger.receive(f"Auto: {subject}")
        stranger.send(writer.address, f"again {subject}")
        writer.receive(f"again {subject}")

    assert signed(server, reply) == IN_BOTH_FORMS
    assert reply.message["From"].addresses[0].addr_spec == writer.address
    assert reply.all("Return-Path") == ["<>"]
    assert reply.all("Auto-Submitted") == ["auto-replied (vacation)"]
    assert reply.all("X-Sieve") == []
    assert writer.receive(subject)
    assert waiting(server.project, stranger.address) == []


def test_a_rejection_is_signed_and_has_the_users_words(
    server, writer, stranger, subject
):
    """`reject` sends the sender a signed report, with the user's own words."""
    with script(writer, f'reject "Not from you, {subject}";', "reject"):
        stranger.send(writer.address, subject)
        report = stranger.receive(f"Not from you, {subject}")

    assert signed(server, report) == IN_BOTH_FORMS
    assert report.message["From"].addresses[0].addr_spec == writer.address
    assert report.message.get_content_type() == "multipart/report"
    assert report.all("Return-Path") == ["<>"]
    assert subject not in writer.subjects()


def test_a_notification_of_new_mail_is_signed(server, writer, stranger, bob, subject):
    """
    `notify` reaches each address of a mailto link, signed, here and elsewhere.

    It can't set a header that only our own filters may write.
    """
    link = f"mailto:{stranger.address}?cc={bob.address}&Authentication-Results=forged"
    command = f'notify :message "new {subject}" "{link}";'
    with script(writer, command, "enotify"):
        stranger.send(writer.address, subject)
        outside, here = (
            stranger.receive(f"new {subject}"),
            bob.receive(f"new {subject}"),
        )

    assert signed(server, outside) == TWICE
    assert outside.message["From"].addresses[0].addr_spec == writer.address
    assert here.all("Authentication-Results") == []
    assert writer.receive(subject)


def test_a_script_can_not_send_as_another_user(server, writer, bob, stranger, subject):
    """
    A vacation reply with another user's address is not sent; the message is delivered.
    """
    forged = f'vacation :from "{bob.address}" "I am not who you think.";'
    with script(writer, forged, "vacation"):
        stranger.send(writer.address, subject)
        assert writer.receive(subject)
    with script(writer, AWAY.replace("7", "6"), "vacation"):
        stranger.send(writer.address, f"honest {subject}")
        stranger.receive(f"Auto: honest {subject}")

    found = server.project.inside(
        "outside", "sh", "-c", f"grep -rl 'Auto: {subject}' /home/stranger || true"
    )
    assert found == b""
    assert waiting(server.project, writer.address) == []


def test_replies_count_for_the_send_limit(server, writer, bob, carol, subject):
    """
    A reply over SEND_RATE_LIMIT is not sent; the message is delivered all the same.
    """
    project = server.project
    with settings(project, SEND_RATE_LIMIT="1"):
        project.stack("init", "--yes")
        await_applied(project, "dkim-sign")
        with script(writer, AWAY, "vacation"):
            for sender in (bob, carol):
                name = sender.address.split("@")[0]
                sender.send(writer.address, f"{name} {subject}")
                writer.receive(f"{name} {subject}")
            bob.receive(f"Auto: bob {subject}")
    project.stack("init", "--yes")
    await_applied(project, "dkim-sign")

    assert f"Auto: carol {subject}" not in carol.subjects()
    assert waiting(project, writer.address) == []
