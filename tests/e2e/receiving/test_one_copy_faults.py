"""Deliveries to two mailboxes that fail for one of them lose and double nothing."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import time

import pytest

from tests.support.faults.services import kill
from tests.support.mail.copies import SENDER, copies, said
from tests.support.mail.message import letter
from tests.support.server.accounts import aliases
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until

ALIASES = {
    "info@example.test": "alice@example.test",
    "private@example.test": "bob@example.test",
}


@pytest.fixture(scope="module", autouse=True)
def addresses(server, alice, bob):
    """Have an alias for each of two users."""
    with aliases(server.project, **ALIASES):
        yield


@contextmanager
def closed(project, mailbox):
    """Have Dovecot unable to write to a mailbox for a while."""
    name, _, domain = mailbox.address.partition("@")
    home = f"/srv/vmail/{domain}/{name}"
    project.inside("dovecot", "chown", "root:root", home)
    try:
        yield
    finally:
        project.inside("dovecot", "chown", "vmail:vmail", home)


@pytest.mark.core
@pytest.mark.provokes("dovecot", r"lmtp\(bob.*(denied|[Ii]nternal error|aborted)")
@pytest.mark.provokes("postfix", "to=<bob.*status=deferred.*Internal error")
def test_a_mailbox_that_can_not_be_written_defers_its_copy_only(
    server, alice, bob, spammer, subject
):
    """
    Of two mailboxes, one that can't be written gets its copy later, the other at once.
    """
    to = [alice.address, "info@example.test", "private@example.test", bob.address]
    bob.send(bob.address, f"{subject} before")
    bob.receive(f"{subject} before")
    with closed(server.project, bob):
        with spammer.session() as session:
            reply = session.deliver(
                letter(SENDER, alice.address, f"{subject} now"), SENDER, to
            )
        alice.receive(f"{subject} now")
    flush(server.project)
    bob.receive(f"{subject} now")

    assert reply.code == 250
    [mine], [his] = copies(alice, f"{subject} now"), copies(bob, f"{subject} now")
    assert said(mine) == ([alice.address], ["info@example.test"])
    assert said(his) == ([bob.address], ["private@example.test"])


LOCK = """
import fcntl, signal, sys
with open(sys.argv[1], "r+b") as file:
    fcntl.lockf(file, fcntl.LOCK_EX)
    print("locked", flush=True)
    signal.pause()
"""


@contextmanager
def locked(project, mailbox):
    """Have a delivery into a mailbox wait, as if another one would not end."""
    name, _, domain = mailbox.address.partition("@")
    home = f"/srv/vmail/{domain}/{name}"
    container = project.docker.containers.run(
        project.image,
        ["-c", LOCK, f"{home}/mail/mailboxes/INBOX/maildir/dovecot.index.log"],
        entrypoint="python3",
        detach=True,
        network_mode="none",
        volumes={f"{project.name}_mail": {"bind": "/srv/vmail", "mode": "rw"}},
    )
    try:
        wait_until(lambda: b"locked" in container.logs(), "the lock")
        yield
    finally:
        container.remove(force=True)


@pytest.mark.provokes("dovecot", r"lmtp\(bob.*([Tt]imeout|lock|aborted)")
@pytest.mark.provokes("postfix", "to=<bob.*status=deferred")
def test_a_locked_mailbox_does_not_delay_other_mailboxes(
    server, alice, bob, spammer, subject
):
    """Many messages for a locked mailbox don't delay the mail of other mailboxes."""
    bob.send(bob.address, f"{subject} before")
    bob.receive(f"{subject} before")
    many = [f"{subject} {number}." for number in range(25)]
    with locked(server.project, bob):
        with spammer.session() as session:
            for about in many:
                session.deliver(
                    letter(SENDER, bob.address, about), SENDER, [bob.address]
                )
            session.deliver(
                letter(SENDER, alice.address, subject), SENDER, [alice.address]
            )
        alice.receive(subject, within=90)
    flush(server.project)

    assert bob.collect(many).keys() == set(many)


@pytest.mark.provokes("postfix", "lost connection with")
@pytest.mark.provokes("dovecot", r"lmtp\(.*killed with signal 9")
def test_a_repeated_delivery_makes_no_second_copy(server, alice, bob, spammer, subject):
    """
    When an LMTP process dies between two mailboxes, neither gets a second copy.

    Postfix, which has heard no answer, delivers to both again.
    """
    bob.send(bob.address, f"{subject} before")
    bob.receive(f"{subject} before")
    began, about = time(), f"{subject} now"
    with locked(server.project, bob):
        with spammer.session() as session:
            message = letter(SENDER, alice.address, about)
            reply = session.deliver(message, SENDER, [alice.address, bob.address])
        alice.receive(about)
        log = server.project.said("dovecot", began)
        [process] = set(re.findall(r"lmtp\(alice@example.test\)<(\d+)>", log))
        server.project.inside("dovecot", "sh", "-c", f"kill -9 {process}")
        wait_until(
            lambda: any(each.reason for each in waiting(server.project, bob.address)),
            "it waits again",
        )
        queued = server.project.said("postfix", began)
    flush(server.project)
    bob.receive(about)

    assert reply.code == 250
    assert queued.count("status=deferred") == 2
    assert [len(copies(each, about)) for each in (alice, bob)] == [1, 1]


@pytest.mark.provokes("postfix", "quota-status|SASL|host or service .* not found")
def test_a_kill_of_dovecot_loses_and_doubles_no_copy(
    server, alice, bob, spammer, subject
):
    """When Dovecot is killed during deliveries, each mailbox gets each message."""
    to = [alice.address, "info@example.test", "private@example.test"]
    subjects = [f"{subject} {number}." for number in range(60)]

    def send(about):
        with spammer.session() as session:
            message = letter(SENDER, alice.address, about)
            return session.deliver(message, SENDER, to).code

    with ThreadPoolExecutor(6) as pool:
        codes = pool.map(send, subjects)
        wait_until(lambda: f"{subject} 3." in alice.subjects(), "the first")
        kill(server.project, "dovecot")
        codes = list(codes)
    server.project.wait_for("healthy", "dovecot")
    flush(server.project)

    assert codes == [250] * len(subjects)
    for mailbox, other in ((alice, "info"), (bob, "private")):
        found = mailbox.collect(subjects)
        assert found.keys() == set(subjects)
        assert {tuple(said(each)[1]) for _, each in found.values()} == {
            (f"{other}@example.test",)
        }
