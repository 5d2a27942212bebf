"""`stack cert renew` and `issue`, in the service certs and elsewhere."""

import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from stack.cli.support import terminal
from stack.dns import tlsa
from stack.dns.tlsa import Published
from stack.renewal.acme import certbot as calling
from stack.renewal.acme import directory
from stack.renewal.acme.directory import Directory
from stack.renewal.state.state_file import Failure
from stack.system import processes
from tests.support.certs.authority import DAY, HOST
from tests.support.network.mail_ports import all_ports, as_stored
from tests.support.renewal.certbot_lab import (
    URL,
    Certbot,
    certificate,
    initialised,
    install,
    keep,
    remember,
    remembered,
    serve,
    served,
    settings_of,
)

TERMS = "https://ca.test/terms"


@pytest.fixture
def ready(project, stack):
    """The project after `stack init`."""
    return initialised(project, stack)


@pytest.fixture
def certbot(ready, monkeypatch, tmp_path_factory) -> Iterator[Certbot]:
    """This is the container that has certbot; every port serves, no TLSA records."""
    program = tmp_path_factory.mktemp("certbot") / "certbot"
    program.touch()
    monkeypatch.setattr(calling, "PROGRAM", program)
    monkeypatch.setattr(tlsa, "published", lambda host: Published(frozenset(), 0))
    settings_of(ready)
    made = install(monkeypatch, ready)
    with all_ports(as_stored(ready, HOST)) as found:
        monkeypatch.setattr("stack.system.endpoints.find", lambda _: found)
        yield made


@pytest.fixture
def issued(ready, certbot) -> Certbot:
    """The same, with a certificate from an authority."""
    found = certificate()
    keep(ready, HOST, 1, found)
    serve(ready, HOST, found)
    remember(ready, comes_from="authority")
    return certbot


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


@pytest.fixture(autouse=True)
def kept(ready) -> None:
    """A project folder as the service certs sees it."""
    ready.acme.mkdir(exist_ok=True)


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
