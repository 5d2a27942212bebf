"""Our users, and nobody else, are told when their mail is late."""

from time import time

import pytest

from tests.support.configuration.templates import replaced
from tests.support.faults.services import outside_deferring
from tests.support.mail.message import letter
from tests.support.mail.notifications import find_notice, notice
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until


@pytest.fixture(scope="module")
def early_notices(server):
    """
    Have delay notices sent after a second.

    A unit test checks the template's two hours.
    """
    project, changed_at = server.project, time()
    with replaced(
        project, "postfix/main.cf.j2", "users_after = 2h", "users_after = 1s"
    ):
        wait_until(
            lambda: any(
                "reload --" in line.text
                for line in project.lines(["postfix"], changed_at)
            ),
            "a reload of Postfix",
        )
        yield project


def test_a_local_sender_is_told_of_a_delay_and_of_the_delivery(
    early_notices, alice, bob, stranger, subject
):
    """
    A local sender is told of mail that is delayed for two hours, and of its delivery.

    The postmaster gets a copy of the first notice.
    """
    to = stranger.address
    with outside_deferring(early_notices):
        bob.send(to, subject)
        delayed = flush_until_notice(early_notices, bob, subject, "Action: delayed")
    arrived = flush_until_notice(early_notices, bob, subject, "Action: relayed")

    copy = notice(alice, subject, "Action: delayed")
    assert (delayed.outcome, arrived.outcome) == ({to: "delayed"}, {to: "relayed"})
    assert copy.message["Subject"] == "Postmaster Warning: Delayed Mail"
    assert stranger.receive(subject)


@pytest.mark.core
def test_an_outside_sender_is_not_told_of_a_delay(
    early_notices, alice, spammer, stranger, subject
):
    """An outside sender, who may be forged, is not told that mail is delayed."""
    name = subject.split()[-1]
    alias, sender = f"{name}@example.test", f"{name}@outside.test"
    early_notices.stack("alias", "add", alias, stranger.address)
    with outside_deferring(early_notices):
        reply = spammer.send(alias, letter(sender, alias, subject), sender)
        # A younger letter: when alice is told of it, the stranger's turn has passed.
        alice.send(stranger.address, f"late {subject}")
        flush_until_notice(early_notices, alice, f"late {subject}", "Action: delayed")
    early_notices.stack("alias", "remove", alias, stranger.address)

    assert reply.code == 250
    assert waiting(early_notices, sender) == []
    assert not any(f"to=<{sender}>" in line.text for line in early_notices.lines())


def flush_until_notice(project, user, *words: str):
    """Flush the queue until *user* has a notice with these *words*, and return it."""
    wait_until(
        lambda: flush(project) or find_notice(user, *words),
        f"a notice with {words}",
        within=60,
    )
    return notice(user, *words)
