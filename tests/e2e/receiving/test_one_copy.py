"""A mailbox gets one copy of a message, which names all addresses that it came for."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from time import time

import pytest

from tests.support.clients.submission import logged_in
from tests.support.faults.services import kill
from tests.support.mail.large import MIB, large_letter
from tests.support.mail.message import letter, with_header
from tests.support.server.accounts import aliases, operate
from tests.support.server.queue import flush, waiting
from tests.support.wait import wait_until

SENDER = "a@outside.test"
ALIASES = {
    "info@example.test": "alice@example.test",
    "sales@example.test": "info@example.test",
    "private@example.test": "bob@example.test",
    "team@example.test": "alice@example.test bob@example.test",
    "desk": "alice@example.test",
    "@copies.test": "alice@example.test",
    "x-tagged@example.test": "alice+tag@example.test",
}


@pytest.fixture(scope="module", autouse=True)
def addresses(server, alice, bob, carol):
    """Have an alias of each form, in a domain of two spellings, and an alias domain."""
    names = ("copies.test", "köln.test")
    operate(server.project, *(f"domain add {name}" for name in names))
    with aliases(
        server.project,
        **ALIASES,
        **{"hello@xn--kln-sna.test": alice.address},
    ):
        yield
    operate(server.project, "domain remove copies.test xn--kln-sna.test")


def hand_in(server, session, recipients, message, sender=SENDER, options=""):
    """Have *message* taken for all *recipients*, and wait until it left the queue."""
    began = time()
    reply = session.deliver(message, sender, recipients, options)
    assert reply.code == 250, reply
    queue_id = re.search(r"queued as (\w+)", str(reply))[1]
    gone = f"{queue_id}: removed"
    wait_until(lambda: gone in server.project.said("postfix", began), gone)


def copies(mailbox, subject, folder="INBOX"):
    """Return the raw copies of the message about *subject*, as they lie there."""
    with mailbox.imap() as client:
        client.select_folder(folder, readonly=True)
        found = client.fetch(client.search(["SUBJECT", subject]), ["RFC822"])
    return [type(mailbox.receive(subject))(each[b"RFC822"]) for each in found.values()]


def said(received):
    """Return what a copy says it came for: the mailbox, and the other addresses."""
    return received.all("Delivered-To"), sorted(received.all("X-Original-To"))


@pytest.mark.core
def test_two_addresses_of_one_mailbox_are_one_copy(
    server, alice, bob, spammer, subject
):
    """Each mailbox gets one copy, with each address it came for, and with no other."""
    to = [
        "alice@example.test",
        "Alice@EXAMPLE.test",
        "info@example.test",
        "private@example.test",
        "team@example.test",
    ]
    with spammer.session() as session:
        hand_in(server, session, to, letter(SENDER, "alice@example.test", subject))

    [mine], [his] = copies(alice, subject), copies(bob, subject)
    assert said(mine) == (
        ["alice@example.test"],
        ["info@example.test", "team@example.test"],
    )
    assert said(his) == (
        ["bob@example.test"],
        ["private@example.test", "team@example.test"],
    )
    assert b"private" not in mine.raw
    assert b"info@" not in his.raw


@pytest.mark.core
def test_users_who_write_to_each_other_get_one_copy_too(server, alice, bob, subject):
    """Mail that a user submits is no other; who was in Bcc is told to nobody else."""
    to = [alice.address, "info@example.test", "private@example.test"]
    with logged_in(bob) as session:
        message = letter(bob.address, alice.address, subject)
        hand_in(server, session, to, message, bob.address)

    [mine], [his] = copies(alice, subject), copies(bob, subject)
    assert said(mine) == (["alice@example.test"], ["info@example.test"])
    assert said(his) == (["bob@example.test"], ["private@example.test"])
    assert b"private" not in mine.raw


@pytest.mark.parametrize(
    "other",
    [
        "sales@example.test",
        "desk@second.test",
        "anything@copies.test",
        "hello@köln.test",
        "hello@xn--kln-sna.test",
        "postmaster",
    ],
)
def test_every_kind_of_address_counts(server, alice, spammer, subject, other):
    """An alias of an alias, of a bare name, a catch-all, a domain in Unicode."""
    to = [alice.address, other]
    with spammer.session() as session:
        message = letter(SENDER, alice.address, subject)
        hand_in(server, session, to, message, options=" SMTPUTF8")

    # A domain of ours is written in one way.
    written = other.replace("köln", "xn--kln-sna")
    [copy] = copies(alice, subject)
    assert f"X-Original-To: {written}\r\n".encode() in copy.raw
    assert copy.all("Delivered-To") == [alice.address]


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        ("alice@example.test", []),
        ("ALICE@example.test", []),
        ("alice+News@example.test", []),
        ("info@example.test", ["info@example.test"]),
        ("info+News@example.test", ["info+News@example.test"]),
    ],
)
def test_mail_to_one_address_says_which(server, alice, spammer, subject, to, expected):
    """An alias is named in the copy; what is the mailbox's own address is there."""
    with spammer.session() as session:
        hand_in(server, session, [to], letter(SENDER, to, subject))

    [copy] = copies(alice, subject)
    own = to.replace("info", "alice").replace("ALICE", "alice")
    assert said(copy) == ([own], expected)
    assert copy.message.keys()[0] == "Return-Path"


def test_another_extension_is_another_address(server, alice, spammer, subject):
    """A user may sort by what follows the +: a copy each, and they tell it apart."""
    to = [
        *("alice@example.test", "info@example.test"),
        *("alice+Tag@example.test", "alice+tag@example.test", "x-tagged@example.test"),
    ]
    with spammer.session() as session:
        hand_in(server, session, to, letter(SENDER, alice.address, subject))

    plain, tagged = sorted(map(said, copies(alice, subject)), reverse=True)
    assert plain == (["alice@example.test"], ["info@example.test"])
    assert tagged[0][0].lower() == "alice+tag@example.test"
    assert "x-tagged@example.test" in tagged[1]


def test_a_mailbox_of_many_addresses(server, alice, spammer, subject):
    """More addresses than Dovecot lets be delivered to one user at a time."""
    to = [f"{number}@copies.test" for number in range(40)]
    began = time()
    with spammer.session() as session:
        hand_in(server, session, to, letter(SENDER, alice.address, subject))

    [copy] = copies(alice, subject)
    assert said(copy) == ([alice.address], sorted(to))
    assert "status=deferred" not in server.project.said("postfix", began)


def test_a_large_message_arrives_as_it_was(server, alice, bob, spammer, subject):
    """What follows our headers is the same in each copy, octet for octet."""
    text = large_letter(SENDER, alice.address, subject, 5 * MIB)
    to = [alice.address, "info@example.test", "private@example.test"]
    with spammer.session() as session:
        hand_in(server, session, to, text)

    [mine], [his] = copies(alice, subject), copies(bob, subject)
    bodies = [each.raw.partition(b"\r\n\r\n")[2] for each in (mine, his)]
    assert bodies == [text.replace(b"\n", b"\r\n").partition(b"\r\n\r\n")[2]] * 2
    assert said(mine)[1] == ["info@example.test"]


def test_what_a_stranger_writes_of_our_queue_is_nothing(
    server, alice, spammer, subject
):
    """A Received header from outside leads to no other message's recipients."""
    forged = "Received: by mail.example.test (Postfix) id 4jcnj20fr2zD5yP"
    message = with_header(letter(SENDER, alice.address, subject), forged)
    with spammer.session() as session:
        hand_in(server, session, [alice.address, "info@example.test"], message)

    [copy] = copies(alice, subject)
    assert said(copy)[1] == ["info@example.test"]


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


@pytest.mark.provokes("dovecot", r"lmtp\(bob.*(denied|[Ii]nternal error|aborted)")
@pytest.mark.provokes("postfix", "to=<bob.*status=deferred.*Internal error")
def test_of_two_mailboxes_one_can_not_be_written(server, alice, bob, spammer, subject):
    """One has its copy, the other's waits, and comes later with all its addresses."""
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
def test_a_locked_mailbox_does_not_hold_up_the_others(
    server, alice, bob, spammer, subject
):
    """More messages for it than are delivered at a time, and others get theirs."""
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
def test_who_has_a_message_does_not_get_it_again(server, alice, bob, spammer, subject):
    """
    The process dies between two mailboxes: Postfix comes again for both.

    It has heard of no answer yet. One has the message, and only the other gets it.
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
def test_dovecot_is_killed_amid_deliveries(server, alice, bob, spammer, subject):
    """No message is lost for either mailbox, and each says what it came for."""
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
