"""What the tests of the spam filter share."""

import itertools
import secrets

import pytest

from tests.support.mail.lmtp import lmtp_client, lmtp_deliver, scored
from tests.support.mail.message import letter, new_subject
from tests.support.spam.rule_channel import (
    Rule,
    own_rules,
)
from tests.support.spam.training import (
    Known,
    known,
    wait_until_learnt,
)


@pytest.fixture
def shop():
    """Return a sender's domain that no other test uses."""
    return f"shop-{secrets.token_hex(4)}.test"


@pytest.fixture(scope="module")
def lmtp(server):
    """Have a container that can deliver to Dovecot by LMTP."""
    with lmtp_client(server.project) as container:
        yield container


@pytest.fixture
def arrivals(lmtp, subject):
    """Deliver messages by LMTP, and return the folder in which each has arrived."""

    numbers = itertools.count()

    def arrive(*letters):
        """Take (mailbox, sender, points, headers...) and return the folders."""
        named = [(f"{subject} {next(numbers)}.", *each) for each in letters]
        raw = [
            (box.address, scored(sender, box.address, name, *rest))
            for name, box, sender, *rest in named
        ]
        assert lmtp_deliver(lmtp, *raw) == [250] * len(raw)
        boxes = {box.address: box for _, box, *_ in named}
        lying = {address: folders(box, subject) for address, box in boxes.items()}
        places = [lying[box.address].get(name, []) for name, box, *_ in named]
        assert {len(each) for each in places} == {1}, f"{named}: {places}"
        return [folder for (folder,) in places]

    return arrive


def folders(mailbox, subject):
    """Tell of each message about *subject*, by its name, in which folders it lies."""
    found = {}
    with mailbox.imap() as client:
        for *_, folder in client.list_folders():
            client.select_folder(folder, readonly=True)
            messages = client.search(["SUBJECT", subject])
            for each in client.fetch(messages, ["ENVELOPE"]).values():
                name = each[b"ENVELOPE"].subject.decode()
                found.setdefault(name, []).append(folder)
    return found


@pytest.fixture(scope="module")
def own(server):
    """Have a rule in the operator's own file."""
    rule = Rule()
    with own_rules(server.project, f"{rule}welcomelist_from *@welcome.test\n"):
        yield rule


@pytest.fixture(scope="module")
def scan(alice, spammer):
    """
    Return a function that sends a message on port 25, and returns its X-Spam-Status.
    """
    subject, numbers = new_subject(), itertools.count()

    def send(body: str, sender: str = "a@outside.test") -> str:
        about = f"{subject} {next(numbers)}."
        message = letter(sender, alice.address, about, body)
        assert spammer.send(alice.address, message).code == 250
        return alice.receive(about).all("X-Spam-Status")[0]

    return send


@pytest.fixture
def before(server) -> Known:
    """Return how much the filter has learnt, once nothing waits."""
    wait_until_learnt(server.project)
    return known(server.project)
