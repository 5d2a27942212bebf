"""What Postfix is told of senders and recipients, and what it is told in trouble."""

import asyncio
from pathlib import Path

import pytest
from milter_runtime.config_file import ConfigError
from socketmap_server.reply import Reply, found, not_found
from srs_table.config import load, load_secrets
from srs_table.tables import FORGED, Tables

SECRET = "0123456789abcdef" * 2


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    """Write srs.conf and the secrets."""
    config, secrets = tmp_path / "srs.conf", tmp_path / "secrets"
    config.write_text("domain = example.test\nmax_age = 21\n")
    secrets.write_text(f"{SECRET}\n")
    return config, secrets


def ask(files: tuple[Path, Path], table: str, key: str) -> Reply:
    """Return the answer of the *table*."""
    return asyncio.run(Tables(*files).answer(table, key))


def test_a_sender_is_replaced_and_found_again(files):
    """What is made is accepted as a recipient."""
    made = ask(files, "sender", "a@outside.test").text

    assert ask(files, "recipient", made) == found("OK")
    assert ask(files, "returned", made) == found("a@outside.test")


def test_a_sender_of_ours_is_replaced_too(files):
    """On port 25 anybody could have written it."""
    assert ask(files, "sender", "alice@example.test").text.startswith("SRS0=")


def test_what_was_rewritten_here_is_not_rewritten_again(files):
    """A loop makes no longer address."""
    made = ask(files, "sender", "a@outside.test").text

    assert ask(files, "sender", made) == not_found()


@pytest.mark.parametrize(
    "address",
    [
        "SRS0=AAAAAAAA=AA=outside.test=a@example.test",
        "SRS1=AAAAAAAA=other.test==x=y=z=a@example.test",
        "SRS1=x@example.test",
    ],
)
def test_a_forged_address_is_refused_and_leads_nowhere(files, address):
    """Also where nobody asks first."""
    assert ask(files, "recipient", address) == found(FORGED)
    assert ask(files, "returned", address) == not_found()


def test_an_address_at_another_domain_is_refused(files):
    """A good one, but for its domain."""
    name = ask(files, "sender", "a@outside.test").text.partition("@")[0]

    assert ask(files, "recipient", f"{name}@second.test") == found(FORGED)
    assert ask(files, "returned", f"{name}@second.test") == not_found()


def test_an_expired_address_is_refused(files, monkeypatch):
    """With another text, for who looks for the reason."""
    made = ask(files, "sender", "a@outside.test").text
    now = files[0].stat().st_mtime
    monkeypatch.setattr("time.time", lambda: now + 23 * 86_400)

    assert "expired" in ask(files, "recipient", made).text
    assert ask(files, "returned", made) == not_found()


@pytest.mark.parametrize("key", ["", "a", "example.test", "a@"])
def test_what_is_no_address_is_in_no_table(files, key):
    """Postfix may ask for a domain alone."""
    for table in ("sender", "recipient", "returned"):
        assert ask(files, table, key) == not_found()


def test_an_unknown_table_makes_mail_wait(files):
    """As when the two images are of different versions."""
    assert ask(files, "nonsense", "a@outside.test").status == "PERM"


def test_a_new_secret_counts_at_once(files):
    """And the old one still verifies."""
    made = ask(files, "sender", "a@outside.test").text
    files[1].write_text(f"{'new!' * 8}\n{SECRET}\n")

    assert ask(files, "sender", "a@outside.test").text != made
    assert ask(files, "returned", made) == found("a@outside.test")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "`stack init` makes it, .*No such file"),
        ("", "there is no secret"),
        ("\n\n", "there is no secret"),
        (f"{SECRET}\nshort\n", ":2: a secret has at least 32 characters"),
    ],
)
def test_without_secrets_nothing_is_answered(files, text, reason):
    """An answer without one could be made by anybody."""
    files[1].unlink()
    if text is not None:
        files[1].write_text(text)

    with pytest.raises(ConfigError, match=reason):
        load_secrets(files[1])
    with pytest.raises(ConfigError, match=reason):
        ask(files, "sender", "a@outside.test")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("domain = example.test\n", "max_age is missing"),
        ("domain = Example.test\nmax_age = 21\n", "domain in lower-case"),
        ("domain = example.test\nmax_age = 0\n", "a number of days, from 1 to 365"),
        ("domain = example.test\nmax_age = 1024\n", "from 1 to 365"),
        (
            "domain = example.test\nmax_age = 21\nother = 1\n",
            "'other' is not a setting",
        ),
    ],
)
def test_a_wrong_configuration_is_refused(files, text, reason):
    """With the key and what it must be."""
    files[0].write_text(text)

    with pytest.raises(ConfigError, match=reason):
        load(files[0])
