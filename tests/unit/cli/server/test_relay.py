"""`stack relay`: logins are given, listed and forgotten, never shown."""

import json

import pytest

from stack.cli.support import terminal
from stack.config import relay_logins
from stack.config.relay_logins import Login

RELAY = "smtp.example.net:587"


@pytest.fixture
def relaying(ready):
    """A project with a relay for all mail and one for a domain."""
    with ready.env.open("a") as file:
        file.write(f"RELAY_HOST={RELAY}\n")
        file.write("RELAY_BY_DOMAIN=example.org/smtp.example.com:465\n")
    return ready


def test_a_login_is_saved_with_a_password_from_stdin(stack, relaying):
    """It is shown nowhere, and what to do with waiting mail is said."""
    done = stack("relay", "login", "SMTP.example.net:587", "me", "--password-stdin",
        input="correct horse\n",
    )  # fmt: skip

    assert (done.exit_code, done.stdout) == (0, "")
    assert "horse" not in done.stderr
    assert "postqueue -f" in done.stderr
    assert "Warning" not in done.stderr
    assert relay_logins.load(relaying) == {RELAY: Login("me", "correct horse")}


def test_a_second_login_takes_the_place_of_the_first(stack, relaying):
    """For the same relay; that of another stays."""
    for key, name in [(RELAY, "one"), ("@example.org", "two"), (RELAY, "three")]:
        stack("relay", "login", key, name, "--password-stdin", input="secret\n")

    names = {key: login.name for key, login in relay_logins.load(relaying).items()}
    assert names == {RELAY: "three", "@example.org": "two"}


def test_at_a_terminal_the_password_is_asked_for(stack, relaying, monkeypatch):
    """It is not echoed."""
    monkeypatch.setattr(terminal, "is_attended", lambda: True)

    done = stack("relay", "login", RELAY, "me", input="short\nshort\n")

    assert done.exit_code == 0
    assert "short" not in done.output
    assert relay_logins.load(relaying)[RELAY].password == "short"


def test_without_a_terminal_it_says_how_to_give_one(stack, relaying):
    """Nothing hangs in a script, and nothing is saved."""
    done = stack("relay", "login", RELAY, "me")

    assert done.exit_code == 2
    assert "use --password-stdin\n" in done.stderr
    assert relay_logins.load(relaying) == {}


@pytest.mark.parametrize(
    ("key", "name", "typed", "code"),
    [
        ("localhost", "me", "secret", 2),
        ("smtp.example.net:0", "me", "secret", 2),
        ("[smtp.example.net]:587", "me", "secret", 2),
        ("", "me", "secret", 2),
        ("@", "me", "secret", 2),
        ("me@example.org", "me", "secret", 2),
        (RELAY, "a:b", "secret", 1),
        (RELAY, "me", "", 1),
        (RELAY, "me", "sec\nret", 1),
        (RELAY, "me", "secret \n", 1),
    ],
)
def test_what_postfix_cannot_be_told_is_refused(
    stack, relaying, key, name, typed, code
):
    """A usage error for no relay, a refusal for the rest; nothing is saved."""
    done = stack("relay", "login", key, name, "--password-stdin", input=typed)

    assert done.exit_code == code
    assert "secret" not in done.stderr
    assert relay_logins.load(relaying) == {}


@pytest.mark.parametrize("key", ["smtp.example.net", "@other.example"])
def test_a_login_for_no_relay_of_env_is_saved_with_a_warning(stack, ready, key):
    """Whether .env or the login comes first doesn't matter; a slip is told."""
    done = stack("relay", "login", key, "me", "--password-stdin", input="secret")

    assert done.exit_code == 0
    assert "is not used (relays in .env: none)" in done.stderr
    assert len(relay_logins.load(ready)) == 1
    again = stack("init")
    assert (again.exit_code, again.stderr.count("Warning: the login for")) == (0, 1)


def test_a_login_is_forgotten(stack, relaying):
    """And a second time there is none, which is told."""
    stack("relay", "login", RELAY, "me", "--password-stdin", input="secret")

    done = stack("relay", "logout", RELAY)

    assert (done.exit_code, relay_logins.load(relaying)) == (0, {})
    again = stack("relay", "logout", RELAY)
    assert again.exit_code == 1
    assert f"there is no login for {RELAY}" in again.stderr


def test_relays_and_logins_are_listed_without_passwords(stack, relaying):
    """Relays without a login and logins without a relay are seen as such."""
    for key in ("@example.org", "gone.example:25"):
        stack("relay", "login", key, "me", "--password-stdin", input="secret")

    plain, as_json = stack("relay", "list"), stack("relay", "list", "--json")

    assert json.loads(as_json.stdout) == [
        {"for": "@example.org", "login": "me", "used": True},
        {"for": "gone.example:25", "login": "me", "used": False},
        {"for": "smtp.example.com:465", "login": None, "used": True},
        {"for": RELAY, "login": None, "used": True},
    ]
    assert [line.split() for line in plain.stdout.splitlines()] == [
        ["@example.org", "me"],
        ["gone.example:25", "me", "not", "used"],
        ["smtp.example.com:465", "(no", "login)"],
        [RELAY, "(no", "login)"],
    ]
    assert "secret" not in plain.output + as_json.output


def test_without_relays_there_is_nothing_to_list(stack, ready):
    """An empty list, for people and for programs."""
    assert stack("relay", "list").stdout == ""
    assert json.loads(stack("relay", "list", "--json").stdout) == []


def test_init_makes_the_table_and_keeps_the_logins(stack, relaying):
    """Postfix wants the table to be there; what is in it is not ours to lose."""
    assert relaying.logins.exists()
    stack("relay", "login", RELAY, "me", "--password-stdin", input="secret")

    stack("init")

    assert len(relay_logins.load(relaying)) == 1
