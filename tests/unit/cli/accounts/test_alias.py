"""`stack alias`: addresses that lead to others."""

import json

import pytest


def test_aliases_are_added_listed_and_removed(stack, ready):
    """In their stored form, one line for each step."""
    stack("user", "add", "alice@example.org", "--generate")

    done = stack("alias", "add", "Info@Example.org", "alice@example.org", "x@B.example")
    stack("alias", "add", "postmaster", "alice@example.org")

    assert done.stderr.splitlines() == [
        "Added info@example.org → alice@example.org.",
        "Added info@example.org → x@b.example.",
    ]
    assert stack("alias", "list").stdout == (
        "info@example.org  alice@example.org, x@b.example\n"
        "postmaster        alice@example.org\n"
    )
    assert stack("alias", "remove", "info@example.org", "x@b.example").stderr == (
        "Removed info@example.org → x@b.example.\n"
    )
    assert stack("alias", "remove", "postmaster").stderr == "Removed postmaster.\n"
    assert json.loads(stack("alias", "list", "--json").stdout) == [
        {"source": "info@example.org", "targets": ["alice@example.org"]}
    ]


def test_an_alias_that_is_there_changes_nothing(stack, ready):
    """A script may say it again."""
    stack("alias", "add", "info", "x@b.example")

    assert stack("alias", "add", "info", "x@b.example").stderr == "Nothing changed.\n"


def test_a_refused_alias_leaves_nothing_behind(stack, ready):
    """One bad target, and none is added."""
    done = stack("alias", "add", "info", "x@b.example", "nobody@example.org")

    assert done.exit_code == 1
    assert "nobody has that address" in done.stderr
    assert stack("alias", "list").stdout == ""


ALICE, BOB = "alice@example.org", "bob@example.org"


@pytest.fixture
def people(stack, ready):
    """Two users, and an alias domain."""
    for address in (ALICE, BOB):
        stack("user", "add", address, "--generate")
    stack("domain", "add", "old.example")
    stack("alias", "add", "@old.example", "@example.org")


@pytest.mark.parametrize("source", [ALICE, "alice@old.example"])
def test_an_alias_takes_no_users_mail_without_a_word(stack, people, source):
    """Also not by way of an alias domain; the message says how to keep a copy."""
    done = stack("alias", "add", source, BOB)

    assert done.exit_code == 1
    assert f"{source} is the address of a user, {ALICE}, who would not" in done.stderr
    assert "--instead" in done.stderr
    assert source not in stack("alias", "list").stdout.replace("@old.example ", "")


@pytest.mark.parametrize(
    "arguments",
    [
        (ALICE, BOB, "--instead"),
        (ALICE, BOB, ALICE),
        ("alice@old.example", BOB, "--instead"),
        ("alice@old.example", BOB, ALICE),
        # It takes what is written for it alone, which is what it is for.
        ("alice+lists@example.org", BOB),
        # A bare name takes nobody's mail.
        ("alice", BOB),
    ],
)
def test_what_is_meant_or_takes_nothing_is_added(stack, people, arguments):
    """A user who goes elsewhere, one who keeps a copy."""
    done = stack("alias", "add", *arguments)

    assert (done.exit_code, done.stderr[:5]) == (0, "Added")


def test_what_an_alias_takes_already_may_go_to_more(stack, people):
    """Nobody loses anything by it."""
    stack("alias", "add", ALICE, BOB, "--instead")

    assert stack("alias", "add", ALICE, "x@elsewhere.example").exit_code == 0


def test_who_takes_the_last_copy_away_is_told(stack, people):
    """The mail goes on to the others alone."""
    stack("alias", "add", ALICE, ALICE, BOB)

    done = stack("alias", "remove", ALICE, ALICE)

    assert f"Mail for {ALICE} does not reach that mailbox, it goes to {BOB}" in (
        done.stderr
    )
    assert "mailbox" not in stack("alias", "remove", ALICE).stderr


@pytest.mark.parametrize(
    ("target", "remedy"),
    [
        ("nobody@example.org", "first `stack user add nobody@example.org`, or"),
        ("nobody@mail.example.org", "mail.example.org has no mailboxes, so choose"),
        ("alice@mail.example.org", "mail.example.org has no mailboxes, so choose"),
        ("x@books.example.org", "books.example.org has no mailboxes, so choose"),
    ],
)
def test_an_alias_to_nobody_is_refused(stack, people, target, remedy):
    """Also at the name of the server, which Postfix takes mail for."""
    stack("alias", "add", "shop@books.example.org", ALICE)

    done = stack("alias", "add", "info@example.org", target)

    assert done.exit_code == 1
    assert f"alias info@example.org → {target}: nobody has that address: {remedy}" in (
        done.stderr
    )


@pytest.mark.parametrize(
    "target", ["postmaster@mail.example.org", "info@mail.example.org"]
)
def test_an_alias_to_somebody_at_the_servers_name_is_added(stack, people, target):
    """A bare name counts there, too, and there is always a postmaster."""
    stack("alias", "add", "info", ALICE)

    assert stack("alias", "add", "sales@example.org", target).exit_code == 0


def test_a_circle_through_the_servers_name_is_refused(stack, people):
    """Postfix would follow it until it gives up, and put mail off for ever."""
    done = stack("alias", "add", "info", "info@mail.example.org")

    assert done.exit_code == 1
    assert "the aliases info → info form a loop: choose another target" in done.stderr


def test_a_name_that_an_alias_leads_to_is_not_made_the_servers(stack, ready, people):
    """What was elsewhere would be here then, and nobody's."""
    stack("alias", "add", "info@example.org", "x@mx.example.org")
    before = ready.env.read_text()
    ready.env.write_text(before.replace("mail.example.org", "mx.example.org"))

    done = stack("init")

    assert done.exit_code == 1
    assert "first `stack alias remove info@example.org x@mx.example.org`" in done.stderr
    assert "mail.example.org" in (ready.etc / "postfix" / "main.cf").read_text()
    stack("alias", "remove", "info@example.org")
    assert stack("init").exit_code == 0
    assert stack("alias", "add", "info@example.org", "x@mx.example.org").exit_code == 1
    assert (
        stack("alias", "add", "info@example.org", "x@mail.example.org").exit_code == 0
    )


def test_a_domain_that_aliases_led_to_is_added_and_they_are_told(stack, people):
    """Its users can't be made before; mail waits for them."""
    stack("alias", "add", "info@example.org", "x@later.example")

    done = stack("domain", "add", "later.example")

    assert done.exit_code == 0
    assert (
        "Warning: alias info@example.org → x@later.example: nobody has" in done.stderr
    )
    assert "`stack user add x@later.example`" in done.stderr


def test_who_removes_is_told_what_to_remove_first(stack, people):
    """And not to add what is to go."""
    stack("alias", "add", "info@example.org", ALICE)

    done = stack("user", "remove", ALICE)

    assert done.exit_code == 1
    assert f"first `stack alias remove info@example.org {ALICE}`" in done.stderr
    assert "user add" not in done.stderr
