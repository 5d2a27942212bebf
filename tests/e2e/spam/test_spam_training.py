"""Moving mail into Junk and out of it trains the spam filter."""

import time

import pytest

from tests.support.faults.services import WHILE_RESTARTING, stopped
from tests.support.mail.message import PUSHY, letter
from tests.support.spam.training import (
    Known,
    forget_all,
    known,
    wait_until_known,
    wait_until_learnt,
    written,
)


@pytest.fixture(scope="module", autouse=True)
def empty_bayes(server):
    """Delete all training before and after the tests of this file."""
    forget_all(server.project)
    yield
    forget_all(server.project)


def find(client, folder: str, subject: str) -> list[int]:
    """Open *folder* and return the messages about *subject*."""
    client.select_folder(folder)
    return client.search(["SUBJECT", subject])


@pytest.mark.core
def test_appending_to_junk_trains_spam(server, alice, before, subject):
    """A message that is appended to Junk is learnt as spam within seconds."""
    with alice.imap() as client:
        client.append("Junk", written("spam", subject))

    wait_until_known(server.project, before.nspam + 1, before.nham, within=10)


@pytest.mark.core
def test_moving_into_junk_trains_spam_and_out_of_it_ham(server, alice, before, subject):
    """
    A message moved into Junk is learnt as spam, moved out of it as ham, and counts
    once.
    """
    with alice.imap() as client:
        client.append("INBOX", written("spam", subject))
        client.move(find(client, "INBOX", subject), "Junk")
        wait_until_known(server.project, before.nspam + 1, before.nham)
        client.move(find(client, "Junk", subject), "INBOX")
        wait_until_known(server.project, before.nspam, before.nham + 1)
        client.copy(find(client, "INBOX", subject), "Junk")
        wait_until_known(server.project, before.nspam + 1, before.nham)


@pytest.mark.parametrize("place", ["Trash", "Junk", None])
def test_deleting_from_junk_trains_nothing(server, alice, before, subject, place):
    """A message that is deleted from Junk, or moved to Trash, is not learnt as ham."""
    with alice.imap() as client:
        client.append("Junk", written("spam", subject))
        wait_until_known(server.project, before.nspam + 1, before.nham)
        messages = find(client, "Junk", subject)
        if place:
            client.move(messages, place)
        else:
            client.delete_messages(messages)
            client.expunge()
        # Lessons are learnt in their order: after this one, none is under way.
        client.append("Junk", written("spam", f"another {subject}"))

    wait_until_known(server.project, before.nspam + 2, before.nham)


@pytest.mark.core
def test_mail_filed_by_the_filter_trains_nothing(
    server, alice, spammer, before, subject
):
    """A message that the filter itself files into Junk is not learnt."""
    message = letter("a@outside.test", alice.address, subject, PUSHY)
    spammer.send(alice.address, message)
    alice.receive(subject, folder="Junk")
    with alice.imap() as client:
        client.append("Junk", written("spam", f"another {subject}"))

    # With two messages learnt, the first could be taken for the expected one.
    wait_until_learnt(server.project)
    assert known(server.project) == Known(before.nspam + 1, before.nham)


def test_a_hundred_messages_are_moved_without_delay(server, alice, before, subject):
    """Moving a hundred messages into Junk doesn't wait for the filter to learn them."""
    with alice.imap() as client:
        for each in range(100):
            client.append("INBOX", written("spam", f"{subject} {each}"))
        messages = find(client, "INBOX", subject)
        begin = time.monotonic()
        client.move(messages, "Junk")
        took = time.monotonic() - begin

        assert len(find(client, "Junk", subject)) == 100
    assert took < 20
    wait_until_known(server.project, before.nspam + 100, before.nham, within=120)


def test_a_large_message_is_learnt_by_its_beginning(server, alice, before, subject):
    """A large message is learnt by its beginning, and Dovecot logs no error."""
    since, filling = time.time(), "x" * 70 + "\n"
    with alice.imap() as client:
        client.append("INBOX", written("spam", subject) + filling.encode() * 50_000)
        client.move(find(client, "INBOX", subject), "Junk")

        wait_until_known(server.project, before.nspam + 1, before.nham)
    assert "program" not in server.project.said("dovecot", since)


@pytest.mark.provokes("dovecot", "not learnt as spam")
@pytest.mark.provokes("postfix", WHILE_RESTARTING)
def test_without_the_filter_a_move_succeeds_and_is_logged(server, alice, subject):
    """
    While the filter is down, a message can be moved, and one line says it was not
    learnt.
    """
    since = time.time()
    with stopped(server.project, "spamassassin"), alice.imap() as client:
        client.append("INBOX", written("spam", subject))
        begin = time.monotonic()
        client.move(find(client, "INBOX", subject), "Junk")
        took = time.monotonic() - begin

        assert find(client, "Junk", subject)
    said = [line.text for line in server.project.lines(["dovecot"], since)]
    assert took < 10
    assert len([line for line in said if "not learnt as spam" in line]) == 1


@pytest.mark.parametrize("place", ["/usr/local/lib/sieve", "/live/current"])
def test_mail_processes_can_not_change_programs_or_scripts(server, place):
    """Dovecot's mail user can't change the programs and scripts that it runs."""
    # A folder that can't be listed, as the certificates', can't be changed either.
    closed = "-type d -not -readable -prune"
    command = f"find -H {place} {closed} -o -writable -not -type l -print"

    found = server.project.container("dovecot").exec_run(
        ["sh", "-c", command], user="vmail"
    )

    assert found.exit_code == 0
    assert found.output == b""
