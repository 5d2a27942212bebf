"""The table of logins that Postfix reads."""

import pytest

from stack.config import relay_logins
from stack.config.relay_logins import Login
from stack.config.types.sending.relays import Relay
from stack.system.errors import InvalidError, StackError

KNOWN = {
    "@example.org": Login("me and you", "a: b#c"),
    "smtp.example.net:587": Login("me@example.net", "  päß"),
}


def test_the_table_is_what_postfix_reads():
    """A line each: the relay as its next hop, or the domain; then name:password."""
    assert relay_logins.text(KNOWN).splitlines()[1:] == [
        "@example.org me and you:a: b#c",
        "[smtp.example.net]:587 me@example.net:  päß",
    ]


def test_what_is_saved_is_loaded(project):
    """Colons, spaces and letters of any language stay as they are."""
    relay_logins.save(project, KNOWN)

    assert relay_logins.load(project) == KNOWN
    assert project.logins.stat().st_mode & 0o777 == 0o600
    assert project.logins.parent.stat().st_mode & 0o777 == 0o700


def test_without_a_table_there_is_no_login(project):
    """Before the first `stack init` there is no folder."""
    assert relay_logins.load(project) == {}


@pytest.mark.parametrize(
    "line",
    [
        "smtp.example.net:587 me:secret",
        "[smtp.example.net] me:secret",
        "@example.org secret",
        "@example.org :secret",
        "@example.org me:",
        " @example.org me:secret",
    ],
)
def test_a_line_that_is_not_ours_is_told_without_its_secret(project, line):
    """Who edited the table by hand hears of the line, and its text is not shown."""
    project.write(project.logins, f"# a comment\n\n{line}\n")

    with pytest.raises(InvalidError, match="line 3: is no login") as caught:
        relay_logins.load(project)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a:b", " a", "a ", "a\nb", "a\0", "a\udc80"])
def test_a_name_that_the_table_cannot_hold_is_refused(name):
    """Before anything is asked or written."""
    with pytest.raises(StackError, match="can't be given to Postfix"):
        relay_logins.refuse_unfit_name(name)


@pytest.mark.parametrize("secret", ["", "sesame ", "ses\name", "sesame\t", "ses\x85e"])
def test_a_password_that_the_table_cannot_hold_is_refused(secret):
    """The reason is told, the password isn't."""
    with pytest.raises(StackError, match="the password can't be") as caught:
        relay_logins.refuse_unfit_password(secret)

    assert "ses" not in str(caught.value)


@pytest.mark.parametrize("secret", ["a b", " a", "a:b", "#", "ü", "\\", "$x", '"'])
def test_any_other_password_is_taken(secret):
    """A relay's password is its operator's choice."""
    relay_logins.refuse_unfit_password(secret)


def test_a_password_is_not_in_the_representation():
    """What a trace shows may end in a log."""
    assert repr(Login("me", "secret")) == "Login('me')"


@pytest.mark.parametrize(
    ("key", "used"),
    [
        ("smtp.example.net:587", True),
        ("smtp.example.net:25", False),
        ("@example.org", True),
        ("@other.example", False),
    ],
)
def test_a_login_is_used_when_env_has_its_relay(key, used):
    """The very port counts, and for a domain whether any relay takes its mail."""
    relays = {"example.org": Relay("smtp.example.net", 587)}

    assert relay_logins.is_used(key, relays) is used


def test_with_a_relay_of_all_every_domains_login_is_used():
    """Whatever a domain sends then goes through some relay."""
    assert relay_logins.is_used("@other.example", {"": Relay("smtp.example.net")})
