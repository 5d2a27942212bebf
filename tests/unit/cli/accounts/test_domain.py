"""`stack domain`: more domains, signed for at once."""

import json

import pytest


def test_an_added_domain_is_signed_for_at_once(stack, ready):
    """Keys are made and the signer's configuration names them."""
    done = stack("domain", "add", "Bücher.example")

    assert done.exit_code == 0
    assert "stack dns show" in done.stderr
    name = "xn--bcher-kva.example"
    selectors = sorted(path.stem for path in (ready.dkim / name).iterdir())
    table = (ready.etc / "dkim-sign" / "KeyTable").read_text().splitlines()
    assert f"{name} {selectors[1]} {selectors[0]}" in table


def test_a_domain_that_is_there_changes_nothing(stack, ready):
    """A script may say it again."""
    assert stack("domain", "add", "example.org").stderr == "Nothing changed.\n"


def test_several_domains_are_added_or_none(stack, ready):
    """Each once, with keys of its own; a wrong name among them, and nothing is done."""
    names = ["b.example", "a.example", "B.example"]
    wrong = stack("domain", "add", *names, "a b")

    done = stack("domain", "add", *names)

    assert wrong.exit_code == 2
    assert done.stderr.splitlines()[0] == "add domain b.example, a.example"
    assert len(list(ready.dkim.glob("[ab].example/*"))) == 4
    listed = json.loads(stack("domain", "list", "--json").stdout)
    assert [each["domain"] for each in listed] == [
        "a.example",
        "b.example",
        "example.org",
    ]


def test_several_domains_are_removed_or_none(stack, ready):
    """One that is in use among them, and all stay."""
    stack("domain", "add", "a.example", "b.example", "c.example")
    stack("user", "add", "alice@c.example", "--generate")

    assert stack("domain", "remove", "a.example", "c.example").exit_code == 1
    assert stack("domain", "remove", "a.example", "b.example").exit_code == 0

    listed = json.loads(stack("domain", "list", "--json").stdout)
    assert [each["domain"] for each in listed] == ["c.example", "example.org"]


def test_a_circle_stops_all_domains(stack, ready):
    """What the last one makes impossible leaves the first one out as well."""
    stack("user", "add", "x@example.org", "--generate")
    stack("alias", "add", "a", "a@b.example")

    done = stack("domain", "add", "a.example", "b.example")

    assert done.exit_code == 1
    assert "form a loop" in done.stderr
    listed = json.loads(stack("domain", "list", "--json").stdout)
    assert [each["domain"] for each in listed] == ["example.org"]


def test_domains_are_listed(stack, ready):
    """For people a line each, for programs a list."""
    stack("user", "add", "alice@example.org", "--generate")
    stack("domain", "add", "a.example")

    assert stack("domain", "list").stdout == (
        "a.example    0 users\nexample.org  1 user\n"
    )
    assert json.loads(stack("domain", "list", "--json").stdout) == [
        {"domain": "a.example", "users": 0},
        {"domain": "example.org", "users": 1},
    ]


def test_a_removed_domain_leaves_its_keys(stack, ready):
    """Mail that was signed with them is still on its way; the signer forgets them."""
    stack("domain", "add", "a.example")
    keys = sorted((ready.dkim / "a.example").iterdir())

    done = stack("domain", "remove", "a.example")

    assert done.exit_code == 0
    assert f"kept, in {ready.dkim / 'a.example'}" in done.stderr
    assert sorted((ready.dkim / "a.example").iterdir()) == keys
    assert "a.example" not in (ready.etc / "dkim-sign" / "KeyTable").read_text()
    assert stack("init").stderr == "Nothing changed.\n"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("example.org", "is MAIL_DOMAIN in .env"),
        ("a.example", "still has alice@a.example"),
        ("b.example", "is not a domain of this server: see `stack domain list`"),
    ],
)
def test_a_domain_in_use_is_not_removed(stack, ready, name, reason):
    """Neither the first one, nor one with users, nor one that isn't ours."""
    stack("domain", "add", "a.example")
    stack("user", "add", "alice@a.example", "--generate")
    before = (ready.etc / "dkim-sign" / "KeyTable").read_text()

    done = stack("domain", "remove", name)

    assert done.exit_code == 1
    assert reason in done.stderr
    assert (ready.etc / "dkim-sign" / "KeyTable").read_text() == before
