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
def removed(server, alice, spammer, subject) -> Mailbox:
    """Add a user with a message and a Sieve script, and remove the user."""
    user = open_account(server, f"user-{subject.split()[-1]}@example.test")
    spammer.send(user.address, letter("a@outside.test", user.address, subject))
    assert user.receive(subject)
    put = ("doveadm", "sieve", "put", "-a", "-u", user.address, "own")
    server.project.execute("dovecot", *put, stdin=SIEVE)
    operate(server.project, f"user remove {user.address}")
    return user


def add_again(user: Mailbox, *choice: str) -> Mailbox:
    """Add the user again, with the *choice* about the old mail."""
    add = ("user", "add", user.address, "--password-stdin", *choice)
    user.server.project.stack(*add, stdin="another password")
    return Mailbox(user.address, "another password", user.server)


def test_adding_a_user_again_needs_a_choice_about_the_old_mail(removed):
    """
    `stack user add` refuses an address with old mail until told to keep it or not.
    """
    with pytest.raises(CommandError, match="--keep-mail to give it"):
        add_again(removed)


def test_with_new_mailbox_the_old_mail_is_not_shown(removed, spammer, subject):
    """
    With `--new-mailbox` the new user sees neither mail nor scripts of the old one.

    The new user's own mail is kept in turn when the address is given away again.
    """
    new = add_again(removed, "--new-mailbox")
    assert new.subjects() == []

    second = f"second {subject}"
    spammer.send(new.address, letter("a@outside.test", new.address, second))
    wait_until(lambda: new.subjects() == [second], "it in the inbox")

    operate(new.server.project, f"user remove {new.address}")
    kept = add_again(removed, "--keep-mail")
    assert kept.subjects() == [second]


def test_with_keep_mail_the_user_has_mail_and_script_again(removed, spammer, subject):
    """With `--keep-mail` the user has the old mail and the Sieve script again."""
    same = add_again(removed, "--keep-mail")

    assert same.subjects() == [subject]
    second = f"second {subject}"
    spammer.send(same.address, letter("a@outside.test", same.address, second))
    wait_until(lambda: same.subjects("Trash") == [second], "it where the script files")
