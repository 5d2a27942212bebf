"""Mail to a full mailbox is refused at RCPT; a user can empty a full mailbox."""

import pytest
from imapclient.exceptions import IMAPClientError

from tests.support.faults.services import paused
from tests.support.harness.tiers import core_rows
from tests.support.mail.large import MIB, large_letter
from tests.support.mail.message import letter
from tests.support.server.accounts import open_account
from tests.support.server.queue import flush
from tests.support.wait import wait_until

SENDER = "a@outside.test"


@pytest.fixture
def newcomer(server, alice, subject):
    """Add a user."""
    return open_account(server, f"{subject.split()[-1]}@example.test")


@pytest.fixture
def small(server, newcomer):
    """Give the newcomer a quota of one MiB."""
    server.project.stack("user", "quota", newcomer.address, "1M")
    return newcomer


def rcpt(spammer, address: str) -> str:
    """Return port 25's answer to RCPT for *address*."""
    with spammer.session() as session:
        session.say(f"MAIL FROM:<{SENDER}>")
        return str(session.say(f"RCPT TO:<{address}>"))


# While Dovecot is paused, nobody says whether a message fits.
@pytest.mark.core
@pytest.mark.provokes("postfix", "quota-status")
def test_mail_to_a_full_mailbox_is_refused_at_rcpt(
    server, small, alice, spammer, subject
):
    """
    Mail to a full mailbox is refused at RCPT, with 552 5.2.2.

    Mail that was accepted before is delivered, although it exceeds the quota.
    """
    taken = []
    with paused(server.project, "dovecot"):
        for number in range(2):
            about = f"{number} {subject}"
            message = large_letter(SENDER, small.address, about, MIB + MIB // 5)
            taken.append(spammer.send(small.address, message, SENDER).code)
    everything = {f"{number} {subject}" for number in range(2)}
    wait_until(
        lambda: everything <= {*small.subjects(), *small.subjects("Junk")}, "both"
    )

    user, _, domain = small.address.partition("@")
    assert taken == [250, 250]
    assert rcpt(spammer, small.address).startswith("552 5.2.2 ")
    assert rcpt(spammer, f"{user}+detail@{domain}").startswith("552 5.2.2 ")
    assert rcpt(spammer, alice.address).startswith("250 ")


def test_mail_to_an_alias_is_delivered_past_the_quota(server, small, spammer, subject):
    """
    Mail to an alias of a full mailbox is accepted and delivered past the quota.

    So the sender isn't told that a mailbox behind the alias is full.
    """
    alias = small.address.replace("@", "-alias@")
    server.project.stack("alias", "add", alias, small.address)
    message = large_letter(SENDER, small.address, "full", MIB + MIB // 5)
    spammer.send(small.address, message, SENDER)
    wait_until(lambda: rcpt(spammer, small.address).startswith("552"), "it full")

    reply = spammer.send(alias, letter(SENDER, alias, subject), SENDER)

    assert reply.code == 250
    assert small.receive(subject)


@pytest.mark.parametrize("when", ["after RCPT", "after DATA"])
def test_mail_accepted_before_a_user_was_disabled_is_delivered(
    server, newcomer, spammer, subject, when
):
    """Mail that was accepted before its user was disabled is delivered."""
    project, address = server.project, newcomer.address
    message = letter(SENDER, address, subject)
    with spammer.session() as session:
        session.say(f"MAIL FROM:<{SENDER}>")
        session.say(f"RCPT TO:<{address}>")
        with paused(project, "dovecot"):
            if when == "after RCPT":
                project.stack("user", "disable", address)
            reply = session.transmit(message)
            if when == "after DATA":
                project.stack("user", "disable", address)
    lies_in = f"/srv/vmail/{address.partition('@')[2]}/{address.partition('@')[0]}"
    wait_until(
        lambda: (
            flush(project)
            or project.inside(
                "dovecot", "sh", "-c", f"grep -rl '{subject}' {lies_in} 2>&- || true"
            )
        ),
        "it in the mailbox",
    )
    refused = rcpt(spammer, address)
    project.stack("user", "enable", address)

    assert reply.code == 250
    assert refused.startswith("550 5.2.1 ")
    assert newcomer.receive(subject)


# How programs throw messages away, and where.
THROWN = {
    "COPY": ("copy", "Trash"),
    "MOVE": ("move", "Trash"),
    "COPY below": ("copy", "Trash/2026"),
    "MOVE as Outlook does": ("move", "Deleted Items"),
}


def fill(client, to: str, size: int, *folders: str) -> int:
    """Count the messages of that *size* that fit into *folders*, in turn."""
    fitted = 0

    def append() -> None:
        nonlocal fitted
        for fitted in range(100):
            message = large_letter(SENDER, to, str(fitted), size)
            client.append(folders[fitted % len(folders)], message)

    with pytest.raises(IMAPClientError, match="OVERQUOTA"):
        append()
    return fitted


@pytest.mark.parametrize("way", core_rows(THROWN, "COPY"))
def test_a_full_mailbox_can_be_emptied_through_the_trash(small, way):
    """
    All messages of a full mailbox can be moved into the Trash, and deleted there.

    Other folders get no more than before; what is deleted makes room.
    """
    command, trash = THROWN[way]
    with small.imap() as client:
        filled = fill(client, small.address, MIB // 8, "INBOX")
        sent = fill(client, small.address, MIB // 8, "Sent")
        if not client.folder_exists(trash):
            client.create_folder(trash)
        client.select_folder("INBOX")
        getattr(client, command)(thrown := client.search(), trash)
        client.delete_messages(thrown)
        client.expunge()
        client.select_folder(trash)
        client.delete_messages(client.search())
        client.expunge()
        emptied = fill(client, small.address, MIB // 8, "Sent")

    assert sent == 0
    assert len(thrown) == filled == emptied > 0


def test_a_message_larger_than_the_quota_can_be_moved_to_the_trash(
    server, small, alice, subject
):
    """Messages that were delivered past the quota can be moved into the Trash."""
    alias = small.address.replace("@", "-past@")
    server.project.stack("alias", "add", alias, small.address)
    for number in range(2):
        about = f"{number} {subject}"
        size = MIB + MIB // 5
        alice.send(alias, message=large_letter(alice.address, alias, about, size))
        small.receive(about)

    with small.imap() as client:
        client.select_folder("INBOX")
        client.move(client.search(), "Trash")

        assert client.folder_status("Trash", ["MESSAGES"])[b"MESSAGES"] == 2


def test_the_trash_has_a_limited_extra_quota(small):
    """
    The Trash, with its subfolders, has room for the quota, a quarter of it and 10 MiB.
    """
    size, room = MIB // 2, MIB + MIB // 4 + 10 * MIB
    with small.imap() as client:
        client.select_folder("Trash")
        client.create_folder("Trash/more")

        assert fill(client, small.address, size, "Trash", "Trash/more") == room // size
        assert fill(client, small.address, size, "INBOX") == 0


def test_a_quota_of_one_kib_is_enforced(server, newcomer):
    """
    With a quota of 1 KiB, a larger message is refused in each folder but the Trash.
    """
    server.project.stack("user", "quota", newcomer.address, "1K")
    large = letter(SENDER, newcomer.address, "x") + b"y" * 70 + b"\n" * 1000
    with newcomer.imap() as client:
        for folder in ("INBOX", "Sent", "Drafts", "Junk"):
            with pytest.raises(IMAPClientError, match="OVERQUOTA"):
                client.append(folder, large)
        client.append("Trash", large)
