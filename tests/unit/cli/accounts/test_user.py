"""`stack user`: who has a mailbox, and with what password."""

import json
import sqlite3
from contextlib import closing

import pytest
from argon2 import PasswordHasher

from stack.cli.support import terminal


def row(project, address: str) -> tuple:
    """Return hash, quota and state of *address* as the daemons read them."""
    query = (
        "SELECT hash, quota_bytes, enabled FROM users"
        " LEFT JOIN passwords ON passwords.id = password_id WHERE address = ?"
    )
    with closing(sqlite3.connect(project.database)) as opened:
        opened.execute("ATTACH ? AS hashes", (str(project.passwords),))
        return opened.execute(query, (address,)).fetchone()


def fits(hashed: str, secret: str) -> bool:
    """Say whether *secret* is the password of *hashed*."""
    return PasswordHasher().verify(hashed.removeprefix("{ARGON2ID}"), secret)


def test_a_user_is_added_with_a_password_from_stdin(stack, ready):
    """In lower case, with its quota in bytes; the password is shown nowhere."""
    done = stack(
        "user", "add", "Alice@Example.org", "--password-stdin", "--quota", "2G",
        input="correct horse\n",
    )  # fmt: skip

    assert (done.exit_code, done.stdout) == (0, "")
    assert "horse" not in done.stderr
    hashed, quota, enabled = row(ready, "alice@example.org")
    assert (quota, enabled) == (2 << 30, 1)
    assert fits(hashed, "correct horse")


def test_a_generated_password_is_printed_once_and_alone(stack, ready):
    """stdout holds it and nothing else, so that it can be piped to where it goes."""
    done = stack("user", "add", "alice@example.org", "--generate")

    secret = done.stdout.removesuffix("\n")
    assert secret not in done.stderr
    assert fits(row(ready, "alice@example.org")[0], secret)


def test_at_a_terminal_it_is_asked_for_twice(stack, ready, monkeypatch):
    """It is not echoed, and must be typed the same again."""
    monkeypatch.setattr(terminal, "is_attended", lambda: True)

    done = stack(
        "user", "add", "alice@example.org",
        input="correct horse\ntypo typo\ncorrect horse\ncorrect horse\n",
    )  # fmt: skip

    assert done.exit_code == 0
    assert "correct" not in done.output
    assert fits(row(ready, "alice@example.org")[0], "correct horse")


def test_without_a_terminal_it_says_how_to_give_one(stack, ready):
    """Nothing hangs in a script; no user is made."""
    done = stack("user", "add", "alice@example.org")

    assert done.exit_code == 2
    assert "--password-stdin or --generate" in done.stderr
    assert row(ready, "alice@example.org") is None


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "has 0 characters"),
        ("\n", "has 0 characters"),
        ("short\n", "has 5 characters"),
        ("two\nlines\n", "holds a control character"),
    ],
)
def test_a_bad_password_makes_no_user(stack, ready, typed, reason):
    """Exit code 1, and the reason."""
    done = stack("user", "add", "a@example.org", "--password-stdin", input=typed)

    assert done.exit_code == 1
    assert f"the password {reason}" in done.stderr
    assert row(ready, "a@example.org") is None


def test_a_user_that_exists_is_refused_before_the_password_is_asked(stack, ready):
    """Nobody types a password for nothing."""
    stack("user", "add", "alice@example.org", "--generate")

    done = stack("user", "add", "alice@example.org")

    assert done.exit_code == 1
    assert "is a user already" in done.stderr


def test_a_password_is_changed(stack, ready):
    """The old one no longer fits."""
    stack("user", "add", "alice@example.org", "--generate")
    before = row(ready, "alice@example.org")

    stack("user", "passwd", "alice@example.org", "--password-stdin", input="new-one-1")

    after = row(ready, "alice@example.org")
    assert fits(after[0], "new-one-1")
    assert after[1:] == before[1:]


def test_a_user_is_disabled_and_enabled(stack, ready):
    """A second time there is nothing to do, and it says so."""
    stack("user", "add", "alice@example.org", "--generate")

    assert stack("user", "disable", "alice@example.org").exit_code == 0
    assert row(ready, "alice@example.org")[2] == 0
    again = stack("user", "disable", "alice@example.org")
    assert (again.exit_code, again.stderr) == (0, "Nothing changed.\n")
    stack("user", "enable", "alice@example.org")
    assert row(ready, "alice@example.org")[2] == 1


@pytest.mark.parametrize(
    ("size", "stored"),
    [("500M", 500 << 20), ("1024k", 1 << 20), ("7", 7), ("none", None)],
)
def test_a_quota_is_changed_and_taken_away(stack, ready, size, stored):
    """Sizes as people write them become bytes; none is no limit."""
    stack("user", "add", "alice@example.org", "--generate", "--quota", "3G")

    stack("user", "quota", "alice@example.org", size)

    assert row(ready, "alice@example.org")[1] == stored


def test_a_removed_user_is_gone_and_its_mail_is_not(stack, ready):
    """The command says what it keeps."""
    stack("user", "add", "alice@example.org", "--generate")

    done = stack("user", "remove", "alice@example.org")

    assert "mail is kept" in done.stderr
    assert row(ready, "alice@example.org") is None


@pytest.mark.parametrize("verb", ["passwd", "disable", "enable", "remove"])
def test_a_user_that_is_not_there_is_told(stack, ready, verb):
    """Exit code 1 and where to look."""
    done = stack("user", verb, "alice@example.org")

    assert done.exit_code == 1
    assert "alice@example.org is not a user: see `stack user list`" in done.stderr


def test_users_are_listed(stack, ready):
    """For people a line each, for programs a list, never a hash."""
    stack("user", "add", "bob@example.org", "--generate", "--quota", "1536M")
    stack("user", "add", "alice@example.org", "--generate")
    stack("user", "disable", "alice@example.org")

    text = stack("user", "list").stdout
    data = json.loads(stack("user", "list", "--json").stdout)

    assert text == (
        "alice@example.org  disabled  no quota\nbob@example.org    enabled   1536M\n"
    )
    assert data == [
        {"address": "alice@example.org", "enabled": False, "quota_bytes": None},
        {"address": "bob@example.org", "enabled": True, "quota_bytes": 1536 << 20},
    ]


ALICE = "alice@example.org"


def mailbox(project) -> tuple:
    """Return the folder that Alice's mail lies in; nothing if it is the usual one."""
    with closing(sqlite3.connect(project.database)) as opened:
        query = "SELECT mailbox FROM users WHERE address = ?"
        return opened.execute(query, (ALICE,)).fetchone()


def test_nobody_is_given_anothers_mail_without_a_word(stack, ready):
    """Whose mail it is, only the operator knows; nobody types a password before."""
    stack("user", "add", ALICE, "--generate")
    stack("user", "remove", ALICE)

    done = stack("user", "add", ALICE)

    assert done.exit_code == 1
    assert "had a user until 20" in done.stderr
    assert "--keep-mail" in done.stderr
    assert "--new-mailbox" in done.stderr
    assert row(ready, ALICE) is None


def test_a_new_mailbox_is_one_that_nobody_had(stack, ready):
    """Its name holds a +, as no user's has; an earlier one is never met again."""
    found = []
    for choice in ("--new-mailbox", "--new-mailbox", "--keep-mail"):
        stack("user", "add", ALICE, "--generate", *([] if not found else [choice]))
        found.append(mailbox(ready))
        stack("user", "remove", ALICE)
    stack("user", "add", ALICE, "--generate", "--new-mailbox")

    assert found == [(None,), ("alice+2",), ("alice+2",)]
    assert mailbox(ready) == ("alice+3",)


@pytest.mark.parametrize(
    ("choice", "folder"), [("--keep-mail", None), ("--new-mailbox", "alice+2")]
)
def test_the_choice_holds_for_an_address_not_known_to_have_had_a_user(
    stack, ready, choice, folder
):
    """An earlier version has not noted whom it removed."""
    done = stack("user", "add", ALICE, "--generate", choice)

    assert done.exit_code == 0
    assert mailbox(ready) == (folder,)


def test_a_domain_that_went_and_came_back_is_no_way_round(stack, ready):
    """What was removed with it is remembered."""
    stack("domain", "add", "b.example")
    stack("user", "add", "x@b.example", "--generate")
    stack("user", "remove", "x@b.example")
    stack("domain", "remove", "b.example")
    stack("domain", "add", "b.example")

    assert stack("user", "add", "x@b.example", "--generate").exit_code == 1


@pytest.mark.parametrize(
    ("source", "address"),
    [("info", "info@example.org"), ("@example.org", "new@example.org")],
)
def test_who_takes_an_aliases_mail_is_told(stack, ready, source, address):
    """Users come before bare names and catch-alls."""
    stack("user", "add", ALICE, "--generate")
    stack("alias", "add", source, ALICE)

    done = stack("user", "add", address, "--generate")

    assert done.exit_code == 0
    assert f"Mail for {address} went to {ALICE}, by the alias {source}:" in done.stderr
