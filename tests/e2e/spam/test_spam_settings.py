"""SPAM_SCAN_SUBMISSIONS and SPAM_TIMEOUT_ACTION do what they say."""

import pytest

from tests.support.clients.submission import logged_in
from tests.support.configuration.reload import in_use, with_settings
from tests.support.configuration.templates import await_applied, changed
from tests.support.mail.message import GTUBE, PUSHY, blank, letter
from tests.support.spam.bombs import texts


@pytest.fixture
def scanned_submissions(server):
    """Have what users send scanned for a while."""
    project = server.project
    with in_use(project, with_settings(project, SPAM_SCAN_SUBMISSIONS="yes")):
        yield


def test_what_users_send_is_scanned_if_wanted(
    scanned_submissions, server, alice, bob, subject
):
    """
    From the reject score on it is refused; below, nothing is added to it.

    The user's own network counts for nothing: his score is that of what he writes.
    """
    spam = letter(alice.address, bob.address, subject, GTUBE)
    pushy = letter(alice.address, bob.address, f"pushy {subject}", PUSHY)

    with logged_in(alice) as session:
        refused = session.deliver(spam, alice.address, [bob.address])
        taken = session.deliver(pushy, alice.address, [bob.address])

    received = bob.receive(f"pushy {subject}")
    assert refused.code == 550
    assert "spam score" in str(refused)
    assert taken.code == 250
    assert not [name for name in received.message if name.startswith("X-Spam")]
    assert received.all("DKIM-Signature")


@pytest.fixture(scope="module")
def hurried(server):
    """Have the filter give up each scan after a second."""
    project = server.project
    with changed(project, "spamassassin/local.cf.j2", "time_limit 1\n"):
        yield project
    await_applied(project, "spamassassin")


@pytest.mark.core
@pytest.mark.provokes("spamassassin", "uninitialized value .score")
def test_a_scan_that_takes_too_long_has_the_message_wait(
    hurried, spammer, alice, subject
):
    """Unless the operator has it let in, nothing passes unscanned."""
    await_applied(hurried, "spamassassin")

    reply = spammer.send(alice.address, texts(blank(alice.address, subject)))

    assert reply.code == 451


@pytest.mark.provokes("spamassassin", "uninitialized value .score")
def test_a_scan_that_takes_too_long_can_be_marked(hurried, spammer, alice, subject):
    """
    With SPAM_TIMEOUT_ACTION=mark it goes in, with a header that says it is unscanned.

    It has no score then, and is not taken for one that was found harmless.
    """
    with with_settings(hurried, SPAM_TIMEOUT_ACTION="mark"):
        await_applied(hurried, "spamassassin")
        reply = spammer.send(alice.address, texts(blank(alice.address, subject)))

    received = alice.receive(subject)
    assert reply.code == 250
    assert received.all("X-Spam-Status") == ["Unscanned, spamd ran into its time_limit"]
    assert received.all("X-Spam-Score") == []
    assert received.all("X-Spam-Flag") == []
