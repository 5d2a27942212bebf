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
def test_several_addresses_of_one_mailbox_get_one_copy(
    server, alice, bob, spammer, subject
):
    """
    A message to several addresses of one mailbox is one copy that names them.

    It names no address of another mailbox.
    """
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
def test_a_submitted_message_is_one_copy_and_hides_bcc(server, alice, bob, subject):
    """
    A submitted message to several addresses of a mailbox is one copy, too.

    A recipient in Bcc is named to nobody else.
    """
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
def test_aliases_catch_alls_and_idn_are_one_copy(
    server, alice, spammer, subject, other
):
    """
    Aliases of aliases, bare names, catch-alls and Unicode domains lead to one copy.
    """
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
def test_the_copy_names_the_alias_it_came_for(
    server, alice, spammer, subject, to, expected
):
    """
    The copy names the alias it came for in X-Original-To, but not the mailbox's
    address.
    """
    with spammer.session() as session:
        hand_in(server, session, [to], letter(SENDER, to, subject))

    [copy] = copies(alice, subject)
    own = to.replace("info", "alice").replace("ALICE", "alice")
    assert said(copy) == ([own], expected)
    assert copy.message.keys()[0] == "Return-Path"


def test_each_extension_gets_its_own_copy(server, alice, spammer, subject):
    """Each address extension gets a copy of its own, as the user may sort by it."""
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


def test_forty_addresses_of_one_mailbox_get_one_copy(server, alice, spammer, subject):
    """A message to 40 addresses of one mailbox is one copy, and is not deferred."""
    to = [f"{number}@copies.test" for number in range(40)]
    began = time()
    with spammer.session() as session:
        hand_in(server, session, to, letter(SENDER, alice.address, subject))

    [copy] = copies(alice, subject)
    assert said(copy) == ([alice.address], sorted(to))
    assert "status=deferred" not in server.project.said("postfix", began)


def test_copies_of_a_large_message_are_identical(server, alice, bob, spammer, subject):
    """Each copy of a large message has the same body, octet for octet."""
    text = large_letter(SENDER, alice.address, subject, 5 * MIB)
    to = [alice.address, "info@example.test", "private@example.test"]
    with spammer.session() as session:
        hand_in(server, session, to, text)

    [mine], [his] = copies(alice, subject), copies(bob, subject)
    bodies = [each.raw.partition(b"\r\n\r\n")[2] for each in (mine, his)]
    assert bodies == [text.replace(b"\n", b"\r\n").partition(b"\r\n\r\n")[2]] * 2
    assert said(mine)[1] == ["info@example.test"]


def test_a_forged_queue_id_reveals_no_recipients(server, alice, spammer, subject):
    """
    A forged Received header with a queue ID of ours names no other message's
    recipients.
    """
    forged = "Received: by mail.example.test (Postfix) id 4jcnj20fr2zD5yP"
    message = with_header(letter(SENDER, alice.address, subject), forged)
    with spammer.session() as session:
        hand_in(server, session, [alice.address, "info@example.test"], message)

    [copy] = copies(alice, subject)
    assert said(copy)[1] == ["info@example.test"]
