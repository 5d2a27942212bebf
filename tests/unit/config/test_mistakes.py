"""The errors in .env, each with what to write instead."""

import pytest

from stack.config.mistakes import RENAMED
from stack.config.settings import Settings
from tests.support.configuration.invalid_settings import complaint


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("relay_password", "`stack relay login`"),
        ("smtp_username", "`stack relay login`"),
        ("tz", "times in the logs are UTC"),
        ("timezone", "times in the logs are UTC"),
    ],
)
def test_key_of_another_mail_server_gets_a_hint(key, hint):
    """The hint names our command, where the nearest setting would mislead."""
    assert hint in complaint(**{key: "x"})


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("acme_dns_wait", "90", "write ACME_DNS_PROPAGATION_SECONDS=90"),
        ("client_exceptions", "192.0.2.1", "write POSTSCREEN_ALLOWLIST=192.0.2.1"),
        ("resolver_network", "10.1.2", "write RESOLVER_NETWORK=10.1.2.0/24 and"),
        ("resolver_network", "10.1.2", "RESOLVER_ADDRESS=10.1.2.53"),
    ],
)
def test_old_name_or_form_is_refused_with_the_new_one(key, value, words):
    """One line says what to write."""
    said = complaint(**{key: value})

    assert words in said
    assert said.count("\n") == 0


def test_every_new_name_is_a_setting():
    """And no old name is one."""
    assert {name.lower() for name in RENAMED.values()} <= Settings.model_fields.keys()
    assert not {name.lower() for name in RENAMED} & Settings.model_fields.keys()


def test_misspelt_key_is_refused_with_the_nearest():
    """The error names the key that was probably meant."""
    assert complaint(smpt_port="25") == "SMPT_PORT is not a setting: did you mean" + (
        " SMTP_PORT?"
    )


def test_all_errors_are_reported_at_once():
    """An operator need not run the command once for each error."""
    said = complaint(smtp_port="x", imap_port="993", spam_mark_score="30", foo="1")

    assert [line.split()[0] for line in said.splitlines()] == [
        "SMTP_PORT",
        "IMAPS_PORT",
        "SPAM_REJECT_SCORE",
        "FOO",
    ]
