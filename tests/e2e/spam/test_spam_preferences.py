"""A user's own spam threshold and Sieve script, and the folder Junk."""

import secrets
import shlex
from contextlib import contextmanager

import pytest

from tests.support.faults.services import stopped
from tests.support.mail.lmtp import authenticated, lmtp_deliver, scored
from tests.support.mail.message import PUSHY, letter
from tests.support.server.accounts import open_account, operate

HOME = "/srv/vmail/example.test/alice"


@contextmanager
def threshold(server, mailbox, points):
    """Have a user's own threshold for a while."""
    operate(server.project, f"spam threshold {mailbox.address} {points}")
    try:
        yield
    finally:
        operate(server.project, f"spam threshold {mailbox.address} --site")


@contextmanager
def without_preferences(project):
    """Remove the view that Dovecot reads preferences from, for a while."""
    script = """
import sqlite3, sys
accounts = sqlite3.connect("var/accounts/accounts.db")
view = accounts.execute("SELECT sql FROM sqlite_master WHERE name = 'sieve_scripts'")
print((view.fetchone() or [""])[0])
accounts.execute(sys.argv[1])
"""
    run = f"python3 -c {shlex.quote(script)} "
    # Dovecot is stopped: a process that has the database open would fail once.
    with stopped(project, "dovecot"):
        sql = project.as_root(run + "'DROP VIEW sieve_scripts'")
    try:
        yield
    finally:
        with stopped(project, "dovecot"):
            project.as_root(run + shlex.quote(sql))


def test_mail_that_fails_dmarc_quarantine_is_filed_into_junk(alice, arrivals):
    """Mail that fails DMARC with p=quarantine is filed into Junk."""
    folders = arrivals(
        (alice, "a@q.test", 0, authenticated("q.test", False, "quarantine")),
        (alice, "a@q.test", 0, authenticated("q.test", False, "none")),
    )

    assert folders == ["Junk", "INBOX"]


@pytest.mark.core
def test_user_threshold_overrides_site_threshold(server, alice, bob, arrivals):
    """
    A user's threshold, lower or higher, overrides the site's, for that user alone.
    """
    with threshold(server, alice, 3):
        lower = arrivals(
            (alice, "a@x.test", 3), (alice, "a@x.test", 2), (bob, "a@x.test", 3)
        )
    with threshold(server, alice, 8):
        higher = arrivals(
            (alice, "b@x.test", 7), (alice, "b@x.test", 8), (bob, "b@x.test", 7)
        )

    assert lower == ["Junk", "INBOX", "INBOX"]
    assert higher == ["INBOX", "Junk", "Junk"]
    assert arrivals((alice, "c@x.test", 7)) == ["Junk"]


def test_a_higher_threshold_keeps_marked_mail_in_the_inbox(
    server, alice, bob, spammer, subject
):
    """A user with a higher threshold gets mail that is marked as spam in INBOX."""
    with threshold(server, alice, 14):
        for box in (alice, bob):
            spammer.send(
                box.address, letter("a@outside.test", box.address, subject, PUSHY)
            )
        assert alice.receive(subject).all("X-Spam-Flag") == ["YES"]
        assert bob.receive(subject, folder="Junk")


def test_mail_between_local_users_has_no_score(server, alice, bob, subject):
    """Mail between local users has no score, so the lowest threshold lets it in."""
    with threshold(server, alice, 1):
        bob.send(alice.address, subject)

        assert alice.receive(subject)


def test_a_users_script_runs_after_the_site_rules(server, alice, shop, arrivals):
    """A user's own Sieve script sorts what the site's rules don't file into Junk."""
    script = (
        'require ["fileinto", "mailbox"];'
        f'if address :domain "from" "{shop}" {{ fileinto :create "Sorted"; }}'
    )
    operate(server.project, f"spam block add --user {alice.address} b@{shop}")
    put = 'printf %s "$0" > "$1/.dovecot.sieve" && chown 5005:5005 "$1/.dovecot.sieve"'
    server.project.inside("dovecot", "sh", "-c", put, script, HOME)
    try:
        folders = arrivals(
            (alice, f"b@{shop}", 0), (alice, f"a@{shop}", 0), (alice, "x@other.test", 0)
        )
    finally:
        remove = "rm -f $0/.dovecot.s*"
        server.project.inside("dovecot", "sh", "-c", remove, HOME)

    assert folders == ["Junk", "Sorted", "INBOX"]


def test_a_deleted_junk_folder_is_created_again(server, alice, shop, arrivals):
    """A deleted folder Junk is created again when mail is filed into it."""
    operate(server.project, f"spam block add --user {alice.address} @{shop}")
    with alice.imap() as client:
        client.delete_folder("Junk")

    assert arrivals((alice, f"a@{shop}", 0)) == ["Junk"]


def test_a_full_mailbox_accepts_mail_into_junk(server, lmtp, shop, subject):
    """Mail for Junk is delivered to a full mailbox, as Postfix has accepted it."""
    small = open_account(server, f"small-{secrets.token_hex(4)}@example.test")
    operate(
        server.project,
        f"user quota {small.address} 1K",
        f"spam block add --user {small.address} @{shop}",
    )

    body = scored(f"a@{shop}", small.address, subject, 0) + b"x" * 70 * 40 + b"\n"
    codes = lmtp_deliver(lmtp, *[(small.address, body)] * 2)

    assert codes == [250, 250]
    assert small.subjects("Junk") == [subject, subject]


def test_preferences_are_removed_with_their_user(server, shop, arrivals):
    """The preferences of a removed user don't hold for a new user of the address."""
    address = f"dave-{secrets.token_hex(4)}@example.test"
    open_account(server, address)
    operate(
        server.project,
        f"spam block add --user {address} @{shop}",
        f"spam threshold {address} 1",
        f"user remove {address}",
    )
    dave = open_account(server, address, "--new-mailbox")

    listed = server.project.stack("spam", "block", "list", "--json").stdout
    assert shop not in listed
    assert arrivals((dave, f"a@{shop}", 4)) == ["INBOX"]


@pytest.mark.provokes("dovecot", "sieve: |dict")
@pytest.mark.provokes(
    "postfix", "quota-status|SASL|smtpd pid .* exit status 1|throttling"
)
def test_mail_waits_while_preferences_can_not_be_read(server, lmtp, alice, subject):
    """While the preferences can't be read, mail is deferred."""
    project, message = server.project, scored("a@x.test", alice.address, subject, 0)
    with without_preferences(project):
        waiting = lmtp_deliver(lmtp, (alice.address, message))

    assert waiting == [451]
    assert lmtp_deliver(lmtp, (alice.address, message)) == [250]
