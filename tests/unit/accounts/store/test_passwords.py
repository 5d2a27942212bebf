"""Passwords are made well and kept as hashes that Dovecot reads."""

import unicodedata

import pytest
from argon2 import PasswordHasher, extract_parameters

from stack.accounts.store import passwords
from stack.system.errors import StackError

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def test_a_hash_says_its_scheme_and_verifies():
    """Dovecot is told that it is Argon2id, and finds the password in it."""
    hashed = passwords.hashed("correct horse")

    assert hashed.startswith("{ARGON2ID}$argon2id$")
    assert PasswordHasher().verify(hashed.removeprefix("{ARGON2ID}"), "correct horse")


def test_a_login_costs_nineteen_mebibytes():
    """The parameters are OWASP's, not the library's 64 MiB."""
    used = extract_parameters(passwords.hashed("correct horse")[len("{ARGON2ID}") :])

    assert (used.memory_cost, used.time_cost, used.parallelism) == (19456, 2, 1)


def test_a_password_may_be_in_any_language():
    """What can be typed and printed is allowed, and is what is asked for later."""
    hashed = passwords.hashed("пароль пароль")

    assert PasswordHasher().verify(hashed.removeprefix("{ARGON2ID}"), "пароль пароль")


@pytest.mark.parametrize(
    "typed",
    [
        "Grüße an 12",
        "Gru\u0308ße an 12",
        "Grüße\u00a0an\u300012",
        "Gru\u0308ße\u2002an\u202f12",
    ],
)
def test_a_password_is_its_letters(monkeypatch, typed):
    """However they are composed, and whatever blanks are between (RFC 8265)."""
    monkeypatch.setattr(passwords, "HASHER", QUICK)

    hashed = passwords.hashed(typed)

    assert QUICK.verify(hashed.removeprefix("{ARGON2ID}"), "Gr\u00fc\u00dfe an 12")


@pytest.mark.parametrize("typed", ["\uff21" * 8, "Straße 12", "a\u0301\u0323" * 8])
def test_letters_that_only_look_alike_are_others(typed):
    """Wide letters and capitals are not mapped: NFC is not NFKC (RFC 8265)."""
    assert passwords.opaque(typed) == unicodedata.normalize("NFC", typed)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "has 0 characters"),
        ("short", "has 5 characters"),
        ("x" * 257, "has 257 characters"),
        ("two\nlines-of-it", "control character"),
        ("tab\tbed-password", "control character"),
        ("nul\x00nul-password", "control character"),
        ("lone-\udcff-surrogate", "control character"),
    ],
)
def test_a_password_that_would_fail_is_refused(password, reason):
    """Too short, too long, or not to be typed in every program."""
    with pytest.raises(StackError, match=reason):
        passwords.hashed(password)


def test_generated_passwords_are_good_and_differ(monkeypatch):
    """Each is accepted by our own rule and is no other's."""
    monkeypatch.setattr(passwords, "HASHER", QUICK)
    made = {passwords.generate() for _ in range(100)}

    assert len({passwords.hashed(each) for each in made}) == 100
    assert not set("0o1il") & set("".join(made))
