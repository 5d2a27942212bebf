"""`stack cert issue` and `renew` outside of the service certs run there by Docker."""

import pytest

from stack.cli.support import terminal
from stack.renewal.acme import certbot_program
from stack.system import processes
from tests.support.project.prepared import contents


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch, tmp_path):
    """This is not the service certs."""
    monkeypatch.setattr(certbot_program, "PATH", tmp_path / "nowhere")


@pytest.fixture
def handed(monkeypatch) -> list[tuple[str, ...]]:
    """What is handed on to Docker, which is there and succeeds."""
    commands: list[tuple[str, ...]] = []

    def hand_over(command) -> int:
        commands.append(tuple(command))
        return 0

    monkeypatch.setattr(processes, "find", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(processes, "run_attached", hand_over)
    return commands


@pytest.mark.parametrize(
    "words",
    [
        ("issue",),
        ("issue", "mail.example.org", "a.example", "--rsa", "--agree-tos"),
        ("renew",),
        ("renew", "mail.example.org", "--new-key"),
        ("renew", "--healthy"),
    ],
)
def test_issue_without_docker_shows_the_commands(stack, ready, monkeypatch, words):
    """A program has no PATH, or stack runs where Docker isn't: nothing has changed."""
    monkeypatch.setenv("PATH", str(ready.root))
    as_it_was = contents(ready)

    done = stack("cert", *words)

    assert (done.exit_code, done.stdout) == (3, "")
    assert "`docker compose up --detach --wait certs`" in done.stderr
    assert f"`docker compose exec certs stack cert {' '.join(words)}`" in done.stderr
    assert contents(ready) == as_it_was


@pytest.mark.parametrize("attended", [True, False])
def test_issue_runs_in_the_service_certs(stack, ready, handed, monkeypatch, attended):
    """It is started first; the words are passed on as they were typed."""
    monkeypatch.setattr(terminal, "is_attended", lambda: attended)

    done = stack("cert", "issue", "*.example.org", "--eab-kid", "a b", "--timeout=9")

    compose = ("docker", "compose", "--project-directory", str(ready.root))
    assert done.exit_code == 0
    assert handed == [
        (*compose, "up", "--detach", "--wait", "certs"),
        (*compose, "exec", *(() if attended else ("--no-TTY",)), "certs", "stack",
         "cert", "issue", "*.example.org", "--eab-kid", "a b", "--timeout=9"),
    ]  # fmt: skip


@pytest.mark.parametrize(("statuses", "code"), [([1], 3), ([0, 4], 4), ([0, 0], 0)])
def test_issue_returns_the_status_of_the_service(
    stack, ready, handed, monkeypatch, statuses, code
):
    """And a service that doesn't start is one of the environment's errors."""
    results = iter(statuses)
    monkeypatch.setattr(processes, "run_attached", lambda _: next(results))

    done = stack("cert", "renew")

    assert done.exit_code == code
    assert list(results) == []
    assert ("the service certs doesn't start" in done.stderr) is (code == 3)


@pytest.mark.parametrize(
    "words",
    [
        ("issue", "localhost"),
        ("issue", "a b.example"),
        ("issue", "mail.*.example"),
        ("issue", "--", "-x.example"),
        ("issue", "--timeout", "3601"),
        ("renew", "--revoke", "boredom"),
    ],
)
def test_invalid_arguments_are_refused_before_docker(stack, ready, handed, words):
    """A usage error is told at once."""
    assert stack("cert", *words).exit_code == 2
    assert handed == []


def test_issue_reports_invalid_env_before_docker(stack, ready, handed):
    """They would be wrong in there, too."""
    with ready.env.open("a") as env:
        env.write("ACME_CHALLENGE=carrier-pigeon\n")

    done = stack("cert", "issue")

    assert done.exit_code == 4
    assert "ACME_CHALLENGE=carrier-pigeon must be standalone" in done.stderr
    assert handed == []


def test_issue_without_env_starts_no_container(stack, project, handed):
    """There is nothing yet that it could start with."""
    done = stack("cert", "issue")

    assert done.exit_code == 3
    assert "run `stack init` to make it" in done.stderr
    assert handed == []
