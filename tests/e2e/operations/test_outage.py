"""While a filter or Dovecot is down, mail waits; none is lost or passes unchecked."""

import pytest

from tests.support.clients.dialogue import Smtp
from tests.support.clients.login import plain
from tests.support.faults.services import stopped
from tests.support.harness.tiers import core_rows
from tests.support.mail.message import letter
from tests.support.server.project import ADDRESS
from tests.support.server.queue import flush

FILTERS = {"dkim-sign": 465, "dkim-verify": 25, "spamassassin": 25}


@pytest.mark.parametrize("service", core_rows(FILTERS, "dkim-sign"))
@pytest.mark.provokes("postfix", "[Mm]ilter service|host or service .* not found")
def test_without_a_filter_mail_is_deferred(server, alice, bob, subject, service):
    """
    While a filter is down, mail is deferred and Postfix is unhealthy.

    When the filter is back, mail is accepted and delivered.
    """
    project, port = server.project, FILTERS[service]

    with stopped(project, service):
        during = hand_in(server, port, alice, bob, f"during {subject}")
        project.wait_for("unhealthy", "postfix")
    project.wait_for("healthy", "postfix")
    after = hand_in(server, port, alice, bob, f"after {subject}")

    assert during.code // 100 == 4
    assert after.code == 250
    assert bob.receive(f"after {subject}")
    assert f"during {subject}" not in bob.subjects()


@pytest.mark.core
@pytest.mark.provokes(
    "postfix", "quota-status|SASL|smtpd pid .* exit status 1|throttling"
)
def test_without_dovecot_mail_is_queued_and_logins_are_deferred(
    server, alice, bob, spammer, subject
):
    """
    While Dovecot is down, port 25 queues mail, and a login is not called wrong.

    A mail program that hears 535 asks its user for another password.
    """
    project = server.project

    with stopped(project, "dovecot"):
        message = letter("a@outside.test", bob.address, subject)
        taken = spammer.send(bob.address, message)
        refused = hand_in(server, 465, alice, bob, f"never {subject}")
    flush(project)

    assert taken.code == 250
    assert refused.code in (0, 421, 451, 454)
    assert bob.receive(subject)


def hand_in(server, port: int, sender, reader, subject: str):
    """Give a letter to *port*, after a login on the one for users."""
    tls = server.trust if port == 465 else None
    author = sender.address if port == 465 else "a@outside.test"
    with Smtp(ADDRESS, server.port(port), tls) as session:
        session.ehlo()
        if port == 465:
            credentials = plain(sender.address, sender.password)
            if (reply := session.say(f"AUTH PLAIN {credentials}")).code != 235:
                return reply
        message = letter(author, reader.address, subject)
        return session.deliver(message, author, [reader.address])
