"""No login sends mail that shows another user's address as its author."""

import re

import pytest

from tests.support.clients.login import logged_in
from tests.support.mail.message import letter, with_header

pytestmark = pytest.mark.core

ALICE, BOB = "alice@example.test", "bob@example.test"

# The From: header (and, after a |, Sender:), and the address that isn't alice's.
REFUSED = {
    "a second author": (f"{ALICE}, {BOB}", BOB),
    "a second author first": (f"{BOB}, {ALICE}", BOB),
    "a sender": (f"{ALICE}|{BOB}", BOB),
    "a sender's display name": (f'{ALICE}|"{BOB}" <{ALICE}>', BOB),
    "a group": (f"Staff: {BOB};", BOB),
    "a group of her own": (f"Staff: {ALICE};", ALICE),
    "a route": (f"<@example.test:{BOB}>", BOB),
    "capitals": ("Bob <BOB@EXAMPLE.TEST>", BOB),
    "a name like an address": (f'"{BOB}" <{ALICE}>', BOB),
    "a name like one elsewhere": (f'"ceo@bank.example" <{ALICE}>', "ceo@bank.example"),
    "a name with an address": (f'"Bob ({BOB})" <{ALICE}>', BOB),
    "a comment": (f"{ALICE} ({BOB})", BOB),
    "an unquoted name": (f"{BOB} <{ALICE}>", BOB),
    "a word in Q": (f"=?utf-8?q?bob=40example=2Etest?= <{ALICE}>", BOB),
    "a word in B": (f"=?utf-8?b?Ym9iQGV4YW1wbGUudGVzdA==?= <{ALICE}>", BOB),
    "two words": (f"=?utf-8?q?bob=40exam?= =?utf-8?q?ple.test?= <{ALICE}>", BOB),
    "a word in quotes": (f'"=?utf-8?q?bob=40example.test?=" <{ALICE}>', BOB),
    "a wide @": (f"=?utf-8?q?bob=EF=BC=A0example.test?= <{ALICE}>", BOB),
    "a word for an address": ("=?utf-8?q?bob=40example.test?=", "bob=40example.test"),
}
ALLOWED = [
    "ALICE@EXAMPLE.TEST",
    "alice+anything@example.test",
    f'"{ALICE}" <{ALICE}>',
    f"=?utf-8?q?alice=40example.test?= <{ALICE}>",
    '"Alice @ Books" <alice+books@example.test>',
    f"{ALICE}, Alice <alice+two@example.test>",
    f"{ALICE}|Alice <alice+list@example.test>",
]


@pytest.fixture
def session(server, alice, bob):
    """Alice's mail program, connected anew: many refusals make Postfix slow down."""
    with logged_in(server, alice.address, alice.password) as session:
        yield session


def written(headers: str, subject: str) -> bytes:
    """Write a letter to bob with these *headers*: From, and after a | Sender."""
    author, _, sender = headers.partition("|")
    message = letter(ALICE, BOB, subject)
    message = re.sub(rb"^From: .*", f"From: {author}".encode(), message, flags=re.M)
    return with_header(message, f"Sender: {sender}") if sender else message


@pytest.mark.parametrize("case", REFUSED)
def test_a_message_with_anothers_address_as_author_is_refused(session, subject, case):
    """
    A message in which a reader could see another's address as the author is refused.

    In From:, Sender: or a display name, however it is encoded. The answer is 550 5.7.1,
    and names the address and the login.
    """
    headers, address = REFUSED[case]

    reply = session.deliver(written(headers, subject), ALICE, [BOB])

    text = str(reply).lower()
    assert (reply.code, text[4:9]) == (550, "5.7.1")
    assert address in text
    assert f"belong to {ALICE}" in text


@pytest.mark.parametrize("headers", ALLOWED)
def test_a_login_may_write_its_address_in_any_form(session, subject, headers):
    """A login may write its own address in capitals, with an extension, or twice."""
    reply = session.deliver(written(headers, subject), ALICE, [BOB])

    assert reply.code == 250, str(reply)


def test_anothers_envelope_sender_is_refused(session, subject):
    """
    Another's address as the envelope sender is refused with 553, which names both.
    """
    reply = session.deliver(letter(ALICE, BOB, subject), BOB, [BOB])
    session.say("RSET")

    assert str(reply).startswith("553 5.7.1")
    assert f"<{BOB}>" in str(reply)
    assert f"not owned by user {ALICE}" in str(reply)


def test_a_login_may_add_an_extension_to_its_address(session, bob, subject):
    """A login may add an extension to its address, in envelope and From: alike."""
    sender = "Alice+Anything@example.test"

    reply = session.deliver(letter(sender, BOB, subject), sender, [BOB])

    assert reply.code == 250
    assert bob.receive(subject).all("Return-Path") == [f"<{sender}>"]
