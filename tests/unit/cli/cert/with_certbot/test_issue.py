"""`stack cert issue` as it runs in the service certs."""

import pytest

from stack.cli.support import terminal
from stack.renewal.acme import directory
from stack.renewal.acme.directory import Directory
from stack.system import processes
from tests.support.certs.authority import HOST
from tests.support.renewal.certbot_lab import (
    URL,
    remembered,
    served,
)

TERMS = "https://ca.test/terms"


def test_issued_certificate_is_renewed_later(ready, stack, certbot):
    """The service certs is started from then on."""
    result = stack("cert", "issue", "--agree-tos")

    assert result.exit_code == 0, result.output
    assert served(ready).pem.count("BEGIN CERTIFICATE") == 2
    assert "COMPOSE_PROFILES=acme" in ready.env.read_text().splitlines()
    assert remembered(ready).comes_from == "authority"


def test_dry_run_of_issue_changes_nothing(ready, stack, certbot):
    """.env stays as well."""
    before = ready.env.read_text()

    assert stack("cert", "issue", "--agree-tos", "--dry-run").exit_code == 0

    assert ready.env.read_text() == before
    assert served(ready).issuer == "itself"


def test_issue_without_agreement_orders_nothing(stack, certbot, monkeypatch):
    """Without a terminal, the message names the option and the terms."""
    monkeypatch.setattr(directory, "read", lambda *_: Directory(TERMS, ()))

    result = stack("cert", "issue")

    assert result.exit_code == 2
    assert f"give --agree-tos if you agree to {TERMS}" in result.stderr
    assert certbot.calls == []


@pytest.mark.parametrize(("answer", "asked"), [("y\n", 1), ("n\n", 0)])
def test_issue_asks_for_agreement_at_a_terminal(
    stack, certbot, monkeypatch, answer, asked
):
    """Once for each authority."""
    monkeypatch.setattr(directory, "read", lambda *_: Directory(TERMS, ()))
    monkeypatch.setattr(terminal, "is_attended", lambda: True)

    result = stack("cert", "issue", input=answer)

    assert f"Do you agree to {TERMS}?" in result.stderr
    assert (result.exit_code == 0) is bool(asked)
    assert len(certbot.calls) == asked


def test_existing_account_needs_no_agreement(ready, stack, certbot, monkeypatch):
    """Nobody is asked to agree to the authority's terms again."""
    monkeypatch.setattr(directory, "read", lambda *_: Directory(TERMS, ()))
    account = ready.acme / "certbot/accounts" / URL.partition("://")[2] / "ab"
    account.mkdir(parents=True)
    (account / "regr.json").touch()

    assert stack("cert", "issue").exit_code == 0


@pytest.mark.parametrize(
    ("options", "secret", "words"),
    [
        (["--eab-hmac-stdin"], "aa", "needs --eab-kid"),
        (["--eab-kid", "a b", "--eab-hmac-stdin"], "sesame", "as the authority gave"),
        (["--eab-kid", "a", "--eab-hmac-stdin"], "ses ame", "as the authority gave"),
    ],
)
def test_invalid_eab_key_is_refused(stack, certbot, options, secret, words):
    """
    The key goes into a file that certbot parses. The message doesn't show the secret.
    """
    result = stack("cert", "issue", "--agree-tos", *options, input=f"{secret}\n")

    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert secret not in result.stderr
    assert certbot.calls == []


def test_command_runs_in_the_service_certs(ready, stack, monkeypatch):
    """The arguments are passed on as typed, and the exit status comes back."""
    ran = []
    monkeypatch.setattr(processes, "find", lambda program: f"/usr/bin/{program}")
    monkeypatch.setattr(
        processes,
        "run_attached",
        lambda command: ran.append(list(command)) or 7 * (len(ran) - 1),
    )

    result = stack("cert", "renew", "--force", HOST)

    assert result.exit_code == 7
    compose = ["docker", "compose", "--project-directory", str(ready.root)]
    assert ran == [
        [*compose, "up", "--detach", "--wait", "certs"],
        [
            *compose,
            *("exec", "--no-TTY", "certs", "stack", "cert", "renew"),
            "--force",
            HOST,
        ],
    ]


def test_without_docker_the_commands_to_type_are_shown(ready, stack, monkeypatch):
    """In a container, say."""
    monkeypatch.setattr(processes, "find", lambda program: None)

    result = stack("cert", "renew", "--force")

    assert result.exit_code == 3
    assert "`docker compose exec certs stack cert renew --force`" in result.stderr
