"""`stack alias`: addresses that lead to others."""

import json


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
