"""The command as a whole: its manners, whatever it is asked to do."""

import json
import os

import pytest

from stack import __version__
from stack.system.project import Project


def test_it_says_its_version(stack):
    """One line, for bug reports."""
    assert stack("--version").stdout == f"stack {__version__}\n"


@pytest.mark.parametrize(
    "command",
    [
        ["init", "--yes"],
        ["domain", "list"],
        ["domain", "add", "example.net"],
        ["user", "list"],
        ["user", "add", "alice@example.org", "--generate"],
        ["alias", "list"],
        ["dns", "show"],
    ],
)
def test_outside_a_project_it_writes_nothing(stack, project, command):
    """Exit code 3, one line that says where to go, and no file made."""
    for path in sorted(project.config.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    project.config.rmdir()

    done = stack(*command)

    assert done.exit_code == 3
    assert "not a project directory" in done.stderr
    assert list(project.root.iterdir()) == []


@pytest.mark.parametrize(
    "command",
    [
        ["domain", "list"],
        ["user", "list"],
        ["user", "add", "alice@example.org", "--generate"],
        ["alias", "add", "info", "x@example.net"],
        ["domain", "add", "example.net"],
        ["dns", "show"],
    ],
)
def test_before_init_it_says_so(stack, project, command):
    """What needs accounts or settings names the command that makes them."""
    done = stack(*command)

    assert done.exit_code == 3
    assert "run `stack init`" in done.stderr
    assert not project.var.exists()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["user", "add", "alice", "--generate"], "'ADDRESS': 'alice'"),
        (["user", "add", "a+b@example.org", "--generate"], "before the @"),
        (
            ["user", "add", "a@example.org", "--generate", "--quota", "2X"],
            "'--quota': '2X'",
        ),
        (["user", "add", "a@example.org", "--generate", "--password-stdin"], "exclude"),
        (["user", "add", "a@example.org"], "no terminal to ask"),
        (["user", "quota", "a@example.org", "0"], "'SIZE': '0'"),
        (["user", "add", "a@example.org", "--password", "secret"], "No such option"),
        (["alias", "add", "info@example.org"], "Missing argument 'TARGET"),
        (["alias", "add", "info@example.org", "|command"], "'|command'"),
        (["domain", "add", "localhost"], "is not a domain name"),
        (["init", "--domain", "x y"], "is not a domain name"),
        (["dns", "show", "--format", "xml"], "'xml' is not one of"),
        (["nonsense"], "No such command"),
    ],
)
def test_a_wrong_call_is_a_usage_error(stack, ready, command, reason):
    """Exit code 2, nothing on stdout, the reason and no stack trace."""
    done = stack(*command)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage:")
    assert reason in done.stderr


def test_a_name_that_has_no_dots_is_explained(stack, ready):
    """The reason stands in the error, not only the value."""
    assert "in full" in stack("domain", "add", "localhost").stderr


def test_a_wrong_env_stops_every_command_that_reads_it(stack, ready):
    """Exit code 4 and every problem in a line of its own; nothing has changed."""
    ready.env.write_text("MAIL_DOMAIN=example.org\nSMTP_PORT=x\nFOO=1\n")
    before = {path: path.stat().st_mtime_ns for path in ready.root.rglob("*")}

    for command in (["init", "--yes"], ["dns", "show"], ["domain", "add", "a.example"]):
        done = stack(*command)

        assert done.exit_code == 4
        assert done.stderr.splitlines() == [
            "Error: .env: MAIL_HOSTNAME is missing: write"
            " MAIL_HOSTNAME=mail.example.org into .env, with your own name, or run"
            " `stack init --hostname mail.example.org`",
            "Error: .env line 2: SMTP_PORT=x must be a whole number from 0 to 65535",
            "Error: .env line 3: FOO is not a setting: see docs/settings.md",
        ]
    after = {path: path.stat().st_mtime_ns for path in ready.root.rglob("*")}
    assert after == before


def test_what_the_system_refuses_is_one_line(stack, ready, monkeypatch):
    """A full disk or a missing permission is exit code 3, not a stack trace."""

    def no_room(*_):
        raise OSError(28, "No space left on device", "var/etc")

    monkeypatch.setattr(Project, "make_directory", no_room)
    (ready.config / "postfix" / "new").write_text("")

    done = stack("init")

    assert done.exit_code == 3
    assert done.stderr == (
        "Error: var/etc: No space left on device: make room there (`df -h` shows the"
        " room, `df -i` the number of files left), then run it again\n"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_missing_permission_names_the_way_out(stack, ready):
    """Who may not read var/ is told how to be someone who may."""
    ready.database.parent.chmod(0o000)

    done = stack("user", "list")
    ready.database.parent.chmod(0o750)

    assert done.exit_code == 3
    assert "run stack as root, or as `docker compose run --rm stack`" in done.stderr


@pytest.mark.parametrize(
    "command",
    [["domain", "list"], ["user", "list"], ["alias", "list"], ["dns", "show"]],
)
def test_whatever_reads_can_say_it_in_json(stack, ready, command):
    """For programs: one JSON value on stdout, also when there is little to say."""
    done = stack(*command, "--json")

    assert done.exit_code == 0
    assert isinstance(json.loads(done.stdout), list)
