"""While the accounts can't be read, mail and logins are put off, not refused."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from time import monotonic

import pytest
from imapclient.exceptions import LoginError

from tests.support.clients.dialogue import Reply, Smtp
from tests.support.clients.login import plain
from tests.support.faults.accounts import (
    DAMAGES,
    PASSWORD_DAMAGES,
    PASSWORDS,
    damaged,
    locked,
)
from tests.support.faults.services import paused
from tests.support.harness.tiers import core_rows
from tests.support.mail.message import letter
from tests.support.server.project import ADDRESS, CommandError
from tests.support.server.queue import flush
from tests.support.wait import wait_until

LOCKED = "a writer that doesn't end"


@pytest.mark.parametrize("way", core_rows([*DAMAGES, LOCKED], "an empty file"))
@pytest.mark.provokes("postfix", "dict_sqlite|Temporary internal error")
@pytest.mark.provokes("postfix", "pid .* exit status 1|throttling|quota-status")
@pytest.mark.provokes("dovecot", "(Password|User) query failed|sqlite: finalize failed")
@pytest.mark.provokes("dovecot", "userdb lookup|Failed to lookup user")
def test_without_readable_accounts_mail_and_logins_are_deferred(
    server, alice, bob, subject, way
):
    """
    With accounts that are lost, damaged or locked, mail and logins are deferred.

    No recipient is called unknown, and no mail program is told that the password is
    wrong (but for sending when no user is left). Mail that was accepted before arrives.
    """
    project = server.project
    with ExitStack() as bad_day:
        with Smtp(ADDRESS, server.port(25)) as session:
            session.ehlo()
            session.say("MAIL FROM:<a@outside.test>")
            session.say(f"RCPT TO:<{bob.address}>")
            with paused(project, "dovecot"):
                taken = session.transmit(letter("a@outside.test", bob.address, subject))
                bad_day.enter_context(
                    damaged(project, way) if way in DAMAGES else locked(project)
                )
        addresses = [alice.address, "nobody@example.test"]
        if way != "no users":
            # Which domains are ours is known then, and this one isn't.
            addresses.append("x@nowhere.test")
        with ThreadPoolExecutor() as pool:
            answers = list(pool.map(lambda address: ask(server, address), addresses))
        if way not in ("no domains", "no users"):
            # On 587 STARTTLS is deferred, on 465 the login.
            assert log_in(server, 587, alice) == 454
            assert log_in(server, 465, alice) == 454
        if way != "no domains":
            with pytest.raises(LoginError, match="UNAVAILABLE"):
                alice.subjects()
        flush(project)
    wait_until(lambda: flush(project) or arrived(bob, subject), "it in the mailbox")

    assert taken.code == 250
    assert {str(answer)[:9] for answer in answers} == {"451 4.3.0"}


@pytest.mark.parametrize(
    "way", core_rows([*PASSWORD_DAMAGES, LOCKED], "an empty file of passwords")
)
@pytest.mark.provokes("dovecot", "Password query failed|sqlite: finalize failed")
def test_without_readable_passwords_logins_are_deferred(
    server, alice, spammer, subject, way
):
    """
    With passwords that are lost, damaged or locked, logins are deferred.

    No mail program is told that the password is wrong. Mail comes in all the same, as
    nothing else reads that file; when the file is back, logins work again.
    """
    project = server.project
    spoiling = (
        damaged(project, way)
        if way in PASSWORD_DAMAGES
        else locked(project, file=PASSWORDS)
    )
    with spoiling:
        # On 587 STARTTLS is deferred, on 465 the login.
        assert log_in(server, 587, alice) == 454
        assert log_in(server, 465, alice) == 454
        with pytest.raises(LoginError, match="UNAVAILABLE"):
            alice.subjects()
        reply = spammer.send(
            alice.address, letter("a@outside.test", alice.address, subject)
        )

    assert reply.code == 250
    wait_until(lambda: arrived(alice, subject), "it in the mailbox")
    assert log_in(server, 465, alice) == 235


@pytest.mark.core
@pytest.mark.provokes("dovecot", "Password query failed|sqlite: finalize failed")
def test_a_login_without_a_stored_password_is_deferred(server, bob):
    """
    A user whose password is missing, as after a partial restore, is not told it is
    wrong.
    """
    project, copy = server.project, f"{PASSWORDS}.old"
    project.as_root(f"cp -a {PASSWORDS} {copy}")
    try:
        project.stack(
            "user", "passwd", bob.address, "--password-stdin", stdin="another-one"
        )
        project.as_root(f"cat {copy} > {PASSWORDS}")

        with pytest.raises(LoginError, match="UNAVAILABLE"):
            bob.subjects()
        said = project.stack("init", "--yes").stderr
    finally:
        project.as_root(f"rm {copy}")
        project.stack(
            "user", "passwd", bob.address, "--password-stdin", stdin=bob.password
        )

    assert f"lacks the passwords of {bob.address}" in said
    assert bob.subjects() is not None


@pytest.mark.core
@pytest.mark.provokes("postfix", "dict_sqlite")
@pytest.mark.provokes("dovecot", "(Password|User) query failed|sqlite: finalize failed")
def test_no_address_is_found_in_an_empty_database(server):
    """
    A look-up of any address fails while the accounts database is empty.

    Some queries return a fixed answer after words that an address could contain.
    """
    address = '"a -- else b"@example.test'
    with damaged(server.project, "an empty file"):
        for table in ("aliases", "mailboxes", "refused", "senders"):
            file = f"sqlite:/live/current/{table}.sqlite"
            with pytest.raises(CommandError, match="dict_sqlite_lookup: "):
                server.project.inside("postfix", "postmap", "-q", address, file)


@pytest.mark.core
def test_a_lookup_waits_for_a_write_to_end(server, alice):
    """A look-up waits while the accounts are written, so that no sender is deferred."""
    with Smtp(ADDRESS, server.port(25)) as session:
        session.ehlo()
        session.say("MAIL FROM:<a@outside.test>")
        # A client that is new waits for its greeting: by then it would be over.
        with locked(server.project, seconds=2):
            began = monotonic()
            answer = session.say(f"RCPT TO:<{alice.address}>")
            waited = monotonic() - began

    assert answer.code == 250
    assert waited > 0.5


def arrived(user, subject: str) -> bool:
    """Tell whether it is in the mailbox; Dovecot may not have noticed yet."""
    try:
        return subject in user.subjects()
    except LoginError:
        return False


def ask(server, address: str) -> Reply:
    """Return port 25's answer to RCPT for *address*."""
    with Smtp(ADDRESS, server.port(25)) as session:
        session.ehlo()
        session.say("MAIL FROM:<a@outside.test>")
        return session.say(f"RCPT TO:<{address}>")


def log_in(server, port: int, user) -> int:
    """Return the code that answers STARTTLS on 587, or AUTH on 465."""
    tls = server.trust if port == 465 else None
    with Smtp(ADDRESS, server.port(port), tls) as session:
        session.ehlo()
        if port == 587:
            return session.say("STARTTLS").code
        return session.say(f"AUTH PLAIN {plain(user.address, user.password)}").code
