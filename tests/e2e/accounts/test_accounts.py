"""A change of users, aliases or passwords takes effect at the next login or message."""

import pytest
from imapclient.exceptions import LoginError

from tests.support.clients.login import log_in
from tests.support.faults.services import moved, paused
from tests.support.mail.message import letter
from tests.support.server.accounts import open_account
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until

pytestmark = pytest.mark.core


@pytest.fixture
def name(subject) -> str:
    """Return a name that has no account yet."""
    return f"user-{subject.split()[-1]}"


@pytest.fixture
def newcomer(server, alice, name):
    """Add a new user while everything runs."""
    return open_account(server, f"{name}@example.test")


def rcpt(spammer, address: str) -> int:
    """Return the code of port 25's answer to RCPT for *address*."""
    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")
        return session.say(f"RCPT TO:<{address}>").code


def test_a_new_account_works_at_once(newcomer, spammer, alice, subject):
    """A new user receives, logs in, reads and sends at once, without a reload."""
    message = letter("a@outside.test", newcomer.address, subject)

    reply = spammer.send(newcomer.address, message)
    newcomer.send(alice.address, subject)

    assert reply.code == 250
    assert newcomer.receive(subject)
    assert alice.receive(subject)


@pytest.mark.provokes("postfix", r"SASL \w+ authentication failed")
def test_a_disabled_account_neither_sends_nor_receives(
    server, newcomer, spammer, alice, subject
):
    """
    A disabled user neither logs in nor gets mail, until enabled again; the mail is
    kept.
    """
    alice.send(newcomer.address, subject)
    newcomer.receive(subject)

    server.project.stack("user", "disable", newcomer.address)

    (answer,) = log_in(server, 587, (newcomer.address, newcomer.password))
    assert answer.code == 535
    with pytest.raises(LoginError, match="AUTHENTICATIONFAILED"):
        newcomer.subjects()
    assert rcpt(spammer, newcomer.address) == 550

    server.project.stack("user", "enable", newcomer.address)

    assert newcomer.receive(subject)
    assert rcpt(spammer, newcomer.address) == 250


@pytest.mark.provokes("postfix", r"SASL \w+ authentication failed")
def test_a_new_password_replaces_the_old(server, newcomer):
    """After `stack user passwd` the new password works and the old one doesn't."""
    address, new = newcomer.address, "another password"

    server.project.stack("user", "passwd", address, "--password-stdin", stdin=new)

    answers = log_in(server, 587, (address, new), (address, newcomer.password))
    assert [answer.code for answer in answers] == [235, 535]


def test_mail_to_an_alias_reaches_all_its_targets(
    server, alice, bob, spammer, name, subject
):
    """Mail to an alias reaches each target, and each target may send from the alias."""
    alias = f"{name}@example.test"

    server.project.stack("alias", "add", alias, alice.address, bob.address)

    spammer.send(alias, letter("a@outside.test", alias, subject))
    assert alice.receive(subject)
    assert bob.receive(subject)
    message = letter(alias, bob.address, f"from the {subject}")
    alice.send(bob.address, message=message, sender=alias)
    assert bob.receive(f"from the {subject}").message["From"] == alias


def test_a_bare_name_is_an_alias_in_every_domain(
    server, bob, carol, spammer, name, subject
):
    """An alias without a domain works in every domain, also in those added later."""
    server.project.stack("alias", "add", name, bob.address)

    for domain in ("example.test", "second.test"):
        to = f"{name}@{domain}"
        spammer.send(to, letter("a@outside.test", to, f"{domain} {subject}"))

        assert bob.receive(f"{domain} {subject}")


def test_a_catch_all_takes_only_unknown_names(
    server, alice, carol, spammer, name, subject
):
    """The catch-all of a domain gets unknown names, but no mail of its users."""
    server.project.stack("alias", "add", "@second.test", alice.address)
    try:
        for to in (carol.address, f"{name}@second.test"):
            spammer.send(to, letter("a@outside.test", to, f"{to} {subject}"))

        assert alice.receive(f"{name}@second.test {subject}")
        assert carol.receive(f"{carol.address} {subject}")
        assert f"{carol.address} {subject}" not in alice.subjects()
    finally:
        server.project.stack("alias", "remove", "@second.test", alice.address)


def test_mail_to_a_removed_user_is_refused_at_rcpt(server, newcomer, spammer):
    """Port 25 refuses mail to a user as soon as `stack user remove` has removed it."""
    server.project.stack("user", "remove", newcomer.address)

    assert rcpt(spammer, newcomer.address) == 550


@pytest.mark.provokes("postfix", "accounts.db|look-?up (error|failure|problem)")
@pytest.mark.provokes("postfix", "Helo command rejected: Server configuration error")
@pytest.mark.provokes("postfix", "pid .* exit status 1|throttling")
@pytest.mark.provokes("dovecot", "accounts.db")
def test_without_the_accounts_database_mail_is_deferred(
    server, alice, spammer, subject
):
    """
    While the accounts database is missing, port 25 answers 451 for every recipient.
    """
    project = server.project
    with moved(project, "var/accounts/accounts.db"):
        # A process that has the file open would go on with it.
        project.inside("postfix", "postfix", "reload")
        known = rcpt(spammer, alice.address)
        unknown = rcpt(spammer, "nobody@example.test")
    project.inside("postfix", "postfix", "reload")

    assert (known, unknown) == (451, 451)
    assert rcpt(spammer, alice.address) == 250
    alice.send(alice.address, subject)
    assert alice.receive(subject)


@pytest.mark.provokes("postfix", "quota-status")
def test_mail_accepted_before_a_user_was_removed_is_not_bounced(
    server, newcomer, spammer, subject
):
    """
    Mail that was accepted before its user was removed waits in the queue.

    It is delivered when the user is added again: the account may have been removed by
    mistake.
    """
    project, address = server.project, newcomer.address
    with paused(project, "dovecot"):
        reply = spammer.send(address, letter("a@outside.test", address, subject))
        project.stack("user", "remove", address)

    (message,) = wait_until(
        lambda: [m for m in waiting(project, address) if m.reason], "a deferred message"
    )
    again = ("user", "add", address, "--keep-mail", "--password-stdin")
    project.stack(*again, stdin=newcomer.password)
    flush(project)

    assert reply.code == 250
    assert "User doesn't exist" in message.reason
    assert newcomer.receive(subject)
