"""`stack cert renew`: now, forever, and as a health check."""

import errno
import os
from datetime import UTC, datetime

import pytest

from stack.renewal.state.state_file import Failure
from tests.support.certs.authority import DAY, HOST
from tests.support.renewal.certbot_lab import (
    certificate,
    keep,
    remember,
    remembered,
    serve,
    served,
)


def test_renew_refuses_unknown_name(stack, issued):
    """The message lists the known names, and nothing is renewed."""
    result = stack("cert", "renew", HOST, "a.example", "b.example")

    assert result.exit_code == 1
    assert result.stderr == (
        "Error: a.example, b.example: no certificate of that name comes from an"
        f" authority; there are: {HOST}\n"
    )
    assert issued.calls == []


def test_renew_without_certificates_names_issue(stack, certbot):
    """That is no error, unless a name was asked for."""
    result = stack("cert", "renew")

    assert result.exit_code == 0
    assert "get one with `stack cert issue`" in result.stderr
    assert stack("cert", "renew", HOST).stderr.endswith("there are: none\n")


def test_renew_renews_what_is_due(ready, stack, issued):
    """All of it, or by name."""
    issued.due = True
    before = served(ready).fingerprint

    assert stack("cert", "renew").exit_code == 0
    between = served(ready).fingerprint
    assert stack("cert", "renew", HOST).exit_code == 0

    assert len({before, between, served(ready).fingerprint}) == 3


@pytest.mark.parametrize("option", ["--force", "--new-key"])
def test_renew_can_be_forced(ready, stack, issued, option):
    """A new key means a new certificate."""
    assert stack("cert", "renew", option).exit_code == 0

    [call] = issued.calls
    assert "--force-renewal" in call
    assert ("--new-key" in call) is (option == "--new-key")


def test_new_key_option_keeps_a_waiting_key(ready, stack, issued):
    """A second --new-key makes no third key."""
    keep(ready, HOST, 2, certificate())

    assert stack("cert", "renew", "--new-key").exit_code == 0

    [call] = issued.calls
    assert "--new-key" not in call
    assert "--keep-until-expiring" in call


def test_revoke_implies_a_new_key(stack, issued):
    """The old one may be known to others."""
    assert stack("cert", "renew", "--revoke", "keycompromise").exit_code == 0

    assert issued.verbs == ["certonly", "revoke"]
    assert "--new-key" in issued.calls[0]


def test_dry_run_renews_nothing(ready, stack, issued):
    """With or without names."""
    before = served(ready).fingerprint

    result = stack("cert", "renew", "--dry-run", "--force")

    assert result.exit_code == 0
    assert "would be issued" in result.stderr
    assert served(ready).fingerprint == before


def test_failed_renewal_exits_1(ready, stack, issued):
    """In one line, without a trace."""
    issued.failure = "Another instance of Certbot is already running."

    result = stack("cert", "renew")

    assert result.exit_code == 1
    assert "Error: certbot is at work already: try again" in result.stderr
    assert remembered(ready).failure


def test_healthy_without_problems(stack, issued):
    """Docker asks this."""
    result = stack("cert", "renew", "--healthy")

    assert (result.exit_code, result.output) == (0, "")


def test_healthy_with_problem_that_is_not_urgent(ready, stack, issued):
    """Weeks are left; `stack cert show` reports it."""
    when = datetime.now(UTC)
    failure = Failure(reason="no way", since=when, count=1, retry_at=when)
    remember(ready, failure=failure)

    assert stack("cert", "renew", "--healthy").exit_code == 0


def test_unhealthy_with_urgent_problem(ready, stack, certbot):
    """Each that is, with the reason; no authority is asked."""
    serve(ready, HOST, certificate(end=3 * DAY))
    serve(ready, "a.example", certificate("a.example", begin=-9 * DAY, end=-DAY))

    result = stack("cert", "renew", "--healthy")

    assert result.exit_code == 1
    first, second = result.stderr.splitlines()
    assert first.startswith("Error: a.example: expired on ")
    assert second.startswith(f"Error: {HOST}: ends in ")
    assert certbot.calls == []


@pytest.mark.parametrize("file", ["acme/state.json", "tls/mail.example.org.pem"])
def test_unhealthy_with_damaged_file(ready, stack, certbot, file):
    """The exit status is 3, as nothing is known."""
    ready.write(ready.var / file, "damaged")

    result = stack("cert", "renew", "--healthy")

    assert result.exit_code == 3
    assert file.rpartition("/")[2] in result.stderr


def test_unhealthy_if_var_acme_is_not_writable(ready, stack, certbot, monkeypatch):
    """A certificate that an authority issued would be lost; the folder is named."""

    def no_room(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", no_room)

    result = stack("cert", "renew", "--healthy")

    assert result.exit_code == 3
    assert f"Error: {ready.acme}: No space left on device: make room" in result.stderr
    assert certbot.calls == []
