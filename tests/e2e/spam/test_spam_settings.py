"""SPAM_SCAN_SUBMISSIONS and SPAM_TIMEOUT_ACTION do what they say."""

import pytest

from tests.support.clients.submission import logged_in
from tests.support.configuration.reload import in_use, with_settings
from tests.support.configuration.templates import await_applied, changed
from tests.support.mail.message import GTUBE, PUSHY, blank, letter
from tests.support.spam.bombs import texts


@pytest.fixture
def scanned_submissions(server):
    """Have submitted mail scanned for a while."""
    project = server.project
    with in_use(project, with_settings(project, SPAM_SCAN_SUBMISSIONS="yes")):
        yield


def test_spam_scan_submissions_refuses_submitted_spam(
    scanned_submissions, server, alice, bob, subject
):
    """
    With SPAM_SCAN_SUBMISSIONS, submitted mail over the reject score is refused.

    Below it, no header is added. The user's own network doesn't count for the score.
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
def one_second_limit(server):
    """Have the filter give up each scan after a second."""
    project = server.project
    with changed(project, "spamassassin/local.cf.j2", "time_limit 1\n"):
        yield project
    await_applied(project, "spamassassin")


@pytest.mark.core
@pytest.mark.provokes("spamassassin", "uninitialized value .score")
def test_a_scan_over_the_time_limit_defers_the_message(
    one_second_limit, spammer, alice, subject
):
    """A message whose scan takes too long is deferred."""
    await_applied(one_second_limit, "spamassassin")

    reply = spammer.send(alice.address, texts(blank(alice.address, subject)))

    assert reply.code == 451


@pytest.mark.provokes("spamassassin", "uninitialized value .score")
def test_spam_timeout_action_mark_delivers_unscanned_mail(
    one_second_limit, spammer, alice, subject
):
    """
    With SPAM_TIMEOUT_ACTION=mark, a message whose scan takes too long is delivered.

    A header says that it is unscanned, and it has no score.
    """
    with with_settings(one_second_limit, SPAM_TIMEOUT_ACTION="mark"):
        await_applied(one_second_limit, "spamassassin")
        reply = spammer.send(alice.address, texts(blank(alice.address, subject)))

    received = alice.receive(subject)
    assert reply.code == 250
    assert received.all("X-Spam-Status") == ["Unscanned, spamd ran into its time_limit"]
    assert received.all("X-Spam-Score") == []
    assert received.all("X-Spam-Flag") == []
