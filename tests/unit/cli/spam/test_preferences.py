"""`stack spam threshold`, `welcome` and `block`."""

import json

import pytest

ALICE = "alice@example.org"


@pytest.fixture
def alice(stack, ready):
    """A user with preferences."""
    assert stack("user", "add", ALICE, "--generate").exit_code == 0
    return ALICE


def test_threshold_is_shown_set_and_reset(stack, alice):
    """SPAM_MARK_SCORE counts until the user has an own threshold."""
    assert stack("spam", "threshold", alice).stdout == "5  (SPAM_MARK_SCORE)\n"
    assert stack("spam", "threshold", "Alice@example.org", "8").stderr == (
        f"From 8 points on, mail goes to the Junk of {alice}.\n"
    )
    assert stack("spam", "threshold", alice).stdout == "8\n"
    assert json.loads(stack("spam", "threshold", alice, "--json").stdout) == {
        "user": alice,
        "threshold": 8,
        "own": True,
    }
    stack("spam", "threshold", alice, "--site")
    assert json.loads(stack("spam", "threshold", alice, "--json").stdout) == {
        "user": alice,
        "threshold": 5.0,
        "own": False,
    }


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        ([ALICE, "0"], 2, "1<=x<=50"),
        ([ALICE, "51"], 2, "1<=x<=50"),
        ([ALICE, "4.5"], 2, "not a valid integer"),
        ([ALICE, "4", "--site"], 2, "not both"),
        (["bob@example.org", "4"], 1, "is not a user"),
        (["bob@example.org"], 1, "is not a user"),
    ],
)
def test_a_wrong_threshold_is_refused(stack, alice, arguments, code, reason):
    """One line says what is wrong, and nothing is changed."""
    done = stack("spam", "threshold", *arguments)

    assert (done.exit_code, done.stdout) == (code, "")
    assert reason in done.stderr
    assert stack("spam", "threshold", alice).stdout == "5  (SPAM_MARK_SCORE)\n"


@pytest.mark.parametrize("verdict", ["welcome", "block"])
def test_senders_are_listed_for_a_user_or_for_everybody(stack, alice, verdict):
    """In the form in which they are compared: lower case and A-labels."""
    added = stack("spam", verdict, "add", "@München.example", "News@Shop.example")
    own = stack("spam", verdict, "add", "--user", alice, "a+b@shop.example")

    assert added.stderr.splitlines() == [
        f"Added @xn--mnchen-3ya.example to the {verdict} list of everybody.",
        f"Added news@shop.example to the {verdict} list of everybody.",
    ]
    assert own.stderr == f"Added a+b@shop.example to the {verdict} list of {alice}.\n"
    again = stack("spam", verdict, "add", "news@shop.example")
    assert again.stderr == "Nothing changed.\n"
    assert stack("spam", verdict, "list").stdout.splitlines() == [
        "@xn--mnchen-3ya.example  everybody",
        f"a+b@shop.example         {alice}",
        "news@shop.example        everybody",
    ]
    removed = stack("spam", verdict, "remove", "news@shop.example")
    assert removed.stderr == (
        f"Removed news@shop.example from the {verdict} list of everybody.\n"
    )
    listed = stack("spam", verdict, "list", "--user", alice, "--json")
    assert json.loads(listed.stdout) == [
        {"address": "@xn--mnchen-3ya.example", "user": None},
        {"address": "a+b@shop.example", "user": alice},
    ]
    other = {"welcome": "block", "block": "welcome"}[verdict]
    assert stack("spam", other, "list").stdout == ""


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["add"], 2, "Missing argument"),
        (["add", "shop.example"], 2, "is not an address"),
        (["add", "@.shop.example"], 2, "is not a domain name"),
        (["add", "--user", "bob@example.org", "@shop.example"], 1, "is not a user"),
        (["remove", "@shop.example"], 1, "@shop.example: not on the block list"),
        (["list", "--user", "bob@example.org"], 1, "is not a user"),
    ],
)
def test_a_wrong_sender_is_refused(stack, alice, arguments, code, reason):
    """One line says what is wrong, and nothing is added."""
    done = stack("spam", "block", *arguments)

    assert (done.exit_code, done.stdout) == (code, "")
    assert reason in done.stderr
    assert stack("spam", "block", "list").stdout == ""
