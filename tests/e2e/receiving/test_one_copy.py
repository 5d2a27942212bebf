"""A mailbox gets one copy of a message, which names all addresses that it came for."""

import re
from time import time

import pytest

from tests.support.clients.submission import logged_in
from tests.support.mail.copies import SENDER, copies, said
from tests.support.mail.large import MIB, large_letter
from tests.support.mail.message import letter, with_header
from tests.support.server.accounts import aliases, operate
from tests.support.wait import wait_until

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
