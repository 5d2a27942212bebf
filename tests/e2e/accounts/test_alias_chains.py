"""Aliases that lead to aliases are followed to their end; a loop does no harm."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise

import pytest

from stack.accounts.routing.expansion import MOST_STEPS
from tests.support.mail.message import letter
from tests.support.server.accounts import aliases
from tests.support.server.queue import waiting

ADD = """
import json, sqlite3, sys
with sqlite3.connect("var/accounts/accounts.db", timeout=10) as accounts:
    rows = json.loads(sys.argv[1])
    accounts.executemany("DELETE FROM aliases WHERE source = ? AND target = ?", rows)
    if sys.argv[2] == "add":
        accounts.executemany("INSERT INTO aliases (source, target) VALUES (?, ?)", rows)
"""

# Rows by the name of the first alias: source and target, without the domain.
LOOPS = {
    "itself": ["itself itself"],
    "itself-longer": ["itself-longer itself-longer+x"],
    "two": ["two two-b", "two-b two"],
    "two-and-a-user": [
        "two-and-a-user two-c",
        "two-and-a-user alice",
        "two-c two-and-a-user",
    ],
    "all-and-all": [
        f"{a} {b}"
        for a in ("all-and-all", "b-all", "c-all", "d-all")
        for b in ("all-and-all", "b-all", "c-all", "d-all")
        if a != b
    ],
}


@pytest.fixture(scope="module")
def chain(server, alice, bob, carol):
    """Write four aliases, of all forms, each of which leads to the next."""
    with aliases(
        server.project,
        **{
            "chain-four@example.test": "alice@example.test bob@example.test",
            "@second.test": "chain-four+tail@example.test",
            "chain-two": "anybody@second.test",
            "chain-one@example.test": "chain-two@example.test",
        },
    ):
        yield


@contextmanager
def aliases_by_sql(server, pairs: Iterable[str]) -> Iterator[None]:
    """
    Have aliases for a while that were written by SQL; a pair is source and target.
    """
    rows = [[f"{word}@example.test" for word in pair.split()] for pair in pairs]
    script = f"python3 -c '{ADD}' '{json.dumps(rows)}'"
    server.project.as_root(f"{script} add")
    try:
        yield
    finally:
        server.project.as_root(f"{script} remove")


@pytest.fixture
def loop(server, alice, request):
    """Write an alias loop by SQL, which `stack alias add` would refuse."""
    with aliases_by_sql(server, LOOPS[request.param]):
        yield f"{request.param}@example.test"


@pytest.mark.core
@pytest.mark.parametrize("to", ["chain-one", "chain-one+detail"])
def test_a_chain_of_aliases_is_followed_to_its_end(
    chain, alice, bob, spammer, subject, to
):
    """Aliases may lead to aliases of any form; each user at the end gets one copy."""
    address = f"{to}@example.test"
    reply = spammer.send(address, letter("a@outside.test", to, subject))
    # When this has come, a second copy of the first would have come, too.
    spammer.send(address, letter("a@outside.test", to, f"after {subject}"))

    assert reply.code == 250
    for user in (alice, bob):
        assert user.receive(f"after {subject}")
        assert user.receive(subject)
    assert [alice.subjects().count(subject), bob.subjects().count(subject)] == [1, 1]


@pytest.mark.core
def test_the_last_target_of_a_chain_sends_from_its_first_alias(
    chain, alice, bob, subject
):
    """A user who gets an alias's mail, over however many steps, may send from it."""
    sender = "chain-one@example.test"

    alice.send(bob.address, message=letter(sender, bob.address, subject), sender=sender)

    assert bob.receive(subject).message["From"] == sender


def test_the_longest_allowed_chain_is_followed(server, alice, spammer, subject):
    """Postfix goes as far as `stack alias add` lets a chain of aliases grow."""
    names = [f"deep{number}" for number in range(MOST_STEPS)]
    pairs = [f"{one} {next_}" for one, next_ in pairwise([*names, "alice"])]
    message = letter("a@outside.test", "deep0@example.test", subject)

    with aliases_by_sql(server, pairs):
        reply = spammer.send("deep0@example.test", message)

    assert reply.code == 250
    assert alice.receive(subject)


@pytest.mark.provokes("postfix", "unreasonable virtual_alias_maps (map|result)")
@pytest.mark.parametrize("loop", LOOPS, indirect=True)
def test_an_alias_loop_does_no_harm(loop, server, alice, spammer, subject):
    """
    An alias loop that was written into the database neither stops nor multiplies mail.

    Mail to it is refused, deferred by its sender, or reaches each user once; the next
    message is delivered as usual.
    """
    reply = spammer.send(loop, letter("a@outside.test", loop, subject))
    spammer.send(alice.address, letter("a@outside.test", loop, f"after {subject}"))

    assert alice.receive(f"after {subject}")
    assert reply.code in (250, 451, 550)
    assert alice.subjects().count(subject) == (reply.code == 250 and "user" in loop)
    assert waiting(server.project, loop) == []
