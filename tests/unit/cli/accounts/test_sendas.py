"""`stack sendas`: logins that send from more than their own addresses."""

import json

import pytest


@pytest.fixture
def app(stack, ready):
    """A login for a program."""
    assert stack("user", "add", "app@example.org", "--generate").exit_code == 0
    return "app@example.org"


def test_rights_are_added_listed_and_removed(stack, app):
    """A bare name is one of MAIL_DOMAIN; addresses are shown as they are stored."""
    done = stack("sendas", "add", "App", "@Books.example.org", "News@example.org")

    assert done.stderr.splitlines() == [
        "app@example.org may send as @books.example.org.",
        "app@example.org may send as news@example.org.",
    ]
    again = stack("sendas", "add", app, "@books.example.org")
    assert again.stderr == "Nothing changed.\n"
    assert stack("sendas", "list").stdout == (
        "app@example.org  @books.example.org, news@example.org\n"
    )
    assert json.loads(stack("sendas", "list", "--json").stdout) == [
        {
            "login": "app@example.org",
            "may_send_as": ["@books.example.org", "news@example.org"],
        }
    ]
    assert stack("sendas", "remove", "app", "news@example.org").stderr == (
        "app@example.org may no longer send as news@example.org.\n"
    )
    stack("sendas", "remove", "app")
    assert stack("sendas", "list").stdout == ""


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["nobody", "@books.example.org"], 1, "nobody@example.org is not a user"),
        (["app", "@example.net"], 1, "`stack domain add example.net`"),
        (["app", "books.example.org"], 2, "is not an address"),
        (["app"], 2, "Missing argument"),
        (["a b", "@books.example.org"], 2, "before the @"),
        (["", "@books.example.org"], 2, "before the @"),
    ],
)
def test_a_wrong_right_is_refused(stack, app, arguments, code, reason):
    """One line says what is wrong, and nothing is added."""
    done = stack("sendas", "add", *arguments)

    assert done.exit_code == code
    assert reason in done.stderr
    assert stack("sendas", "list").stdout == ""


def test_dns_show_has_the_records_of_names_below_a_domain(stack, app):
    """With the domain that they are below: MX and SPF, also where nobody gets mail."""
    stack("alias", "add", "@books.example.org", app)
    stack("sendas", "add", "app", "@news.example.org", "@books.example.org")

    lines = [
        line.split(maxsplit=2) for line in stack("dns", "show").stdout.splitlines()
    ]

    assert lines[-4:] == [
        ["books.example.org", "MX", "10 mail.example.org"],
        ["books.example.org", "TXT", "v=spf1 mx -all"],
        ["news.example.org", "MX", "10 mail.example.org"],
        ["news.example.org", "TXT", "v=spf1 mx -all"],
    ]
    assert len(lines) == 16
