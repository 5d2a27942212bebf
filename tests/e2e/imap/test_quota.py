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
    """Open an account for somebody new."""
    return open_account(server, f"{subject.split()[-1]}@example.test")


@pytest.fixture
def small(server, newcomer):
    """Leave one MiB to the newcomer."""
    server.project.stack("user", "quota", newcomer.address, "1M")
    return newcomer


def rcpt(spammer, address: str) -> str:
    """Ask port 25 whether it takes mail for *address*."""
    with spammer.session() as session:
        session.say(f"MAIL FROM:<{SENDER}>")
        return str(session.say(f"RCPT TO:<{address}>"))


# While Dovecot is paused, nobody says whether a message fits.
@pytest.mark.core
@pytest.mark.provokes("postfix", "quota-status")
def test_a_full_mailbox_is_refused_at_the_door(server, small, alice, spammer, subject):
    """
    Mail to a full mailbox is refused while its sender is on the line, with 552 5.2.2.

    What was taken before is delivered, although it is more than fits.
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


def test_mail_by_an_alias_is_delivered_to_a_full_mailbox(
    server, small, spammer, subject
):
    """
    Whoever writes to an alias is not told that a mailbox behind it is full.

    The mail is delivered, past the quota.
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
def test_mail_for_a_user_disabled_since_is_delivered(
    server, newcomer, spammer, subject, when
):
    """A user who is disabled after mail was taken for him still gets that mail."""
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
def test_a_full_mailbox_can_be_emptied_by_way_of_the_trash(small, way):
    """
    All of a full mailbox can be thrown into the Trash, and deleted from there.

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


def test_what_was_delivered_past_the_quota_can_be_thrown_away(
    server, small, alice, subject
):
    """A message that is larger than its mailbox may be goes into the Trash, too."""
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


def test_the_trash_is_no_way_round_the_quota(small):
    """It has room for a quarter of the quota and 10 MiB more, with all below it."""
    size, room = MIB // 2, MIB + MIB // 4 + 10 * MIB
    with small.imap() as client:
        client.select_folder("Trash")
        client.create_folder("Trash/more")

        assert fill(client, small.address, size, "Trash", "Trash/more") == room // size
        assert fill(client, small.address, size, "INBOX") == 0


def test_the_last_kibibyte_of_a_quota(server, newcomer):
    """With one KiB in all, what is larger is refused, in each folder but the Trash."""
    server.project.stack("user", "quota", newcomer.address, "1K")
    large = letter(SENDER, newcomer.address, "x") + b"y" * 70 + b"\n" * 1000
    with newcomer.imap() as client:
        for folder in ("INBOX", "Sent", "Drafts", "Junk"):
            with pytest.raises(IMAPClientError, match="OVERQUOTA"):
                client.append(folder, large)
        client.append("Trash", large)
