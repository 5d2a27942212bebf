"""The new holder of an address gets the old mailbox only if the operator says so."""

import pytest

from tests.support.mail.mailbox import Mailbox
from tests.support.mail.message import letter
from tests.support.server.accounts import open_account, operate
from tests.support.server.project import CommandError
from tests.support.wait import wait_until

pytestmark = pytest.mark.core

SIEVE = 'require ["fileinto"]; fileinto "Trash";\n'


@pytest.fixture
def before(server, alice, spammer, subject) -> Mailbox:
    """Have somebody with a letter and a script, and remove the user."""
    user = open_account(server, f"user-{subject.split()[-1]}@example.test")
    spammer.send(user.address, letter("a@outside.test", user.address, subject))
    assert user.receive(subject)
    put = ("doveadm", "sieve", "put", "-a", "-u", user.address, "own")
    server.project.execute("dovecot", *put, stdin=SIEVE)
    operate(server.project, f"user remove {user.address}")
    return user


def again(user: Mailbox, *choice: str) -> Mailbox:
    """Give the address a user again."""
    add = ("user", "add", user.address, "--password-stdin", *choice)
    user.server.project.stack(*add, stdin="another password")
    return Mailbox(user.address, "another password", user.server)


def test_it_has_to_be_said_whose_the_mail_is(before):
    """Without a word nobody is given it."""
    with pytest.raises(CommandError, match="--keep-mail to give it"):
        again(before)


def test_a_new_user_has_an_empty_mailbox(before, spammer, subject):
    """Neither mail nor scripts of the one before; mail arrives, and is kept in turn."""
    new = again(before, "--new-mailbox")
    assert new.subjects() == []

    second = f"second {subject}"
    spammer.send(new.address, letter("a@outside.test", new.address, second))
    wait_until(lambda: new.subjects() == [second], "it in the inbox")

    operate(new.server.project, f"user remove {new.address}")
    kept = again(before, "--keep-mail")
    assert kept.subjects() == [second]


def test_who_comes_back_has_the_mail_again(before, spammer, subject):
    """With the script, too."""
    same = again(before, "--keep-mail")

    assert same.subjects() == [subject]
    second = f"second {subject}"
    spammer.send(same.address, letter("a@outside.test", same.address, second))
    wait_until(lambda: same.subjects("Trash") == [second], "it where the script files")
