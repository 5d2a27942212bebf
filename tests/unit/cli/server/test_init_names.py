"""`stack init` where .env lacks its names, or is gone: a first time, or a lost file."""

import pytest

from stack.cli.support import terminal
from stack.config import envfile, reference
from tests.support.project.prepared import contents

PORTS = "SMTP_PORT=2525\nPUBLISH_ADDRESS=127.0.0.1\n"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ("example.test", "mail.example.test")),
        ("MAIL_DOMAIN=example.org\n", ("example.org", "mail.example.org")),
        ("MAIL_HOSTNAME=mx.example.org\n", ("example.test", "mx.example.org")),
        ("MAIL_DOMAIN=\n", ("example.test", "mail.example.test")),
    ],
)
def test_ports_alone_are_a_first_time(stack, project, text, names):
    """What the operator has written stays; the names of a trial are added."""
    project.env.write_text(PORTS + text)

    done = stack("init", "--yes")

    assert done.exit_code == 0
    assert project.env.read_text().startswith(PORTS)
    settings = envfile.load(project.env)
    assert (settings.mail_domain, settings.mail_hostname) == names
    assert settings.smtp_port == 2525


def test_ports_alone_are_no_answer_to_who_we_are(stack, project, monkeypatch):
    """Without --yes it asks for both names, or says how to give them."""
    project.env.write_text(PORTS)

    unattended = stack("init")
    monkeypatch.setattr(terminal, "is_attended", lambda: True)
    asked = stack("init", input="example.net\n\n")

    assert unattended.exit_code == 2
    assert "give --domain, or --yes for a trial" in unattended.stderr
    assert asked.exit_code == 0
    assert project.env.read_text() == (
        f"{PORTS}MAIL_DOMAIN=example.net\nMAIL_HOSTNAME=mail.example.net\n"
    )


def test_a_broken_name_is_not_taken_for_a_missing_one(stack, project):
    """Its line is told, and nothing is added."""
    project.env.write_text("MAIL_DOMAIN = example.org\n")
    before = contents(project)

    done = stack("init", "--yes")

    assert done.exit_code == 4
    assert ".env line 1: 'MAIL_DOMAIN' is not KEY=value" in done.stderr
    assert contents(project) == before


def test_a_lost_name_of_a_server_in_use_is_told_not_invented(stack, ready):
    """Its line was deleted by mistake: the message says what to write."""
    ready.env.write_text("MAIL_HOSTNAME=mail.example.org\n")
    before = contents(ready)

    done = stack("init", "--yes")

    assert done.exit_code == 4
    assert "MAIL_DOMAIN is missing: write MAIL_DOMAIN=example.org into" in done.stderr
    assert contents(ready) == before


def test_a_lost_env_is_not_made_anew(stack, ready):
    """Of a server with its own names: the last good one is named, none is written."""
    text = ready.env.read_text()
    ready.env.unlink()
    before = contents(ready)

    done = stack("init", "--yes")

    assert done.exit_code == 4
    assert done.stderr == (
        "Error: .env: is missing, and this server has users, or settings of its own:"
        " put back the last good one, `cp var/etc/certs/env .env`\n"
    )
    assert contents(ready) == before
    assert ready.applied.read_text() == text


def test_a_lost_env_of_a_trial_with_users_is_not_made_anew_either(stack, project):
    """Its settings may be any, whatever its domain; without users it is made again."""
    stack("init", "--yes")
    project.env.unlink()
    assert stack("init", "--yes").exit_code == 0
    assert project.env.read_text() == reference.example()

    stack("user", "add", "alice@example.test", "--generate")
    project.env.unlink()

    assert stack("init", "--yes").exit_code == 4
    assert not project.env.exists()


def test_a_lost_env_of_a_trial_with_a_setting_is_not_made_anew_either(stack, project):
    """`make up` writes what it has seen of IPv6: the ports would be closed again."""
    stack("init", "--yes", "--ipv6-seen=kept")
    project.env.unlink()

    done = stack("init", "--yes")

    assert done.exit_code == 4
    assert "`cp var/etc/certs/env .env`" in done.stderr
    assert not project.env.exists()


def test_a_lost_env_of_a_server_from_before_is_not_made_anew(stack, ready):
    """There is no kept copy then: the message says what else there is to do."""
    stack("user", "add", "alice@example.org", "--generate")
    ready.env.unlink()
    ready.applied.unlink()

    done = stack("init", "--yes")

    assert done.exit_code == 4
    assert "put it back from a copy" in done.stderr
    assert "stack init --domain example.org --hostname mail.example.org" in done.stderr


def test_who_gives_the_names_gets_a_new_env(stack, ready):
    """That is no trial, and was meant; all other settings are those of the last one."""
    ready.env.write_text(f"# mine\n{ready.env.read_text()}SMTP_PORT=2525\n")
    stack("init")
    ready.env.unlink()

    assert stack("init", "--domain", "example.net").exit_code == 0
    assert ready.env.read_text() == (
        "# mine\nMAIL_DOMAIN=example.net\nMAIL_HOSTNAME=mail.example.net\n"
        "SMTP_PORT=2525\n"
    )


def test_the_last_good_env_is_what_was_accepted(stack, ready):
    """A wrong one is never kept; a right one is, with the operator's comments."""
    good = f"# mine\n{ready.env.read_text()}"
    ready.env.write_text(good)
    stack("init")
    ready.env.write_text(f"{good}SMTP_PORT=x\n")

    assert stack("init").exit_code == 4
    assert ready.applied.read_text() == good


def test_the_first_run_is_told_in_a_few_lines(stack, project):
    """Files that nobody reads whose server works are counted; --verbose names them."""
    said = stack("init", "--yes").stderr.partition("Next:")[0].splitlines()

    assert [line for line in said if "var/etc" in line] == []
    assert said[:3] == [
        "migrate var/accounts/accounts.db",
        "add domain example.test, take mail for the name mail.example.test",
        "write .env",
    ]
    assert said[-1] == "write 9 more files below var/ (--verbose names them)"
