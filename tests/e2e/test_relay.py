"""We are not an open relay, however one asks and wherever one asks from."""

import pytest

from .neighbour import ask_as_neighbour

SENDERS = [
    "",
    "a@outside.test",
    "alice@example.test",
    "postmaster@example.test",
    "a@[127.0.0.1]",
]

# The tricks of old: source routes, percent and bang paths, quotes, literals.
FOREIGN = [
    "stranger@outside.test",
    "stranger%outside.test@example.test",
    "stranger%outside.test",
    '"stranger@outside.test"',
    '"stranger@outside.test"@example.test',
    '"stranger%outside.test"',
    "@example.test:stranger@outside.test",
    "@mail.example.test:stranger@outside.test",
    "outside.test!stranger",
    "outside.test!stranger@example.test",
    "stranger@outside.test@example.test",
    "example.test!stranger@outside.test",
    *(
        f"stranger{at}outside.test@{here}"
        for at in "%@"
        for here in ("[127.0.0.1]", "localhost", "[IPv6:::1]", "mail.example.test")
    ),
]


@pytest.mark.parametrize("sender", SENDERS, ids=lambda sender: sender or "nobody")
def test_no_trick_makes_us_relay(spammer, alice, sender):
    """Each way to write a foreign recipient is refused for good, at RCPT."""
    codes = {}
    for recipient in FOREIGN:
        with spammer.session() as session:
            session.say(f"MAIL FROM:<{sender}>")
            codes[recipient] = session.say(f"RCPT TO:<{recipient}>").code

    assert {to: code for to, code in codes.items() if not 500 <= code < 600} == {}


def test_a_foreign_recipient_is_refused_with_554(spammer):
    """
    The refusal says what is wrong: relay access is denied, for ever.

    A temporary refusal would make spammers come again. The published port is on
    loopback, so that we arrive as Docker's gateway: it isn't trusted either.
    """
    with spammer.session() as session:
        session.say("MAIL FROM:<a@outside.test>")
        reply = session.say("RCPT TO:<stranger@outside.test>")

    assert reply.code == 554
    assert "5.7.1" in str(reply)


@pytest.mark.parametrize("network", ["edge", "filter", "sign", "world"])
def test_no_container_beside_us_is_trusted(server, network):
    """From each network that Postfix is on, a neighbour is a stranger."""
    answer = ask_as_neighbour(
        server.project,
        f"{server.project.name}_{network}",
        "postfix",
        "stranger@outside.test",
    )

    assert answer.startswith("554 5.7.1")


def test_not_even_our_own_container_may_relay(server):
    """Loopback is no identity: what runs beside Postfix has no right to relay."""
    postfix = server.project.container("postfix")

    answer = ask_as_neighbour(
        server.project, f"container:{postfix.id}", "127.0.0.1", "stranger@outside.test"
    )

    assert answer.startswith("554 5.7.1")
