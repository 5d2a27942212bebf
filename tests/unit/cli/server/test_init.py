"""`stack init`: from nothing to a server, and from then on only what differs."""

import sqlite3
from contextlib import closing
from ipaddress import IPv6Address

import pytest

from stack.cli.support import arguments, terminal
from stack.config import envfile, reference
from stack.dns.resolver import reverse
from stack.services.spam import local_cf
from stack.system.project import Project
from tests.support.project.prepared import contents


def domains(project: Project) -> list[str]:
    """Return the domains in the database, in their order."""
    with closing(sqlite3.connect(project.database)) as opened:
        return [name for (name,) in opened.execute("SELECT name FROM domains")]


def test_a_trial_is_made_from_nothing(stack, project):
    """Without .env, `--yes` makes a whole server for example.test."""
    done = stack("init", "--yes")

    assert (done.exit_code, done.stdout) == (0, "")
    assert project.env.read_text() == reference.example()
    assert domains(project) == ["example.test"]
    made = {name for name in contents(project) if name.startswith("var/")}
    keys = {name for name in made if name.startswith("var/dkim/example.test/")}
    assert len(keys) == 2
    assert made - keys == {
        "var/accounts/accounts.db",
        "var/accounts/passwords.db",
        "var/relay/logins.texthash",
        "var/identity/owner",
        "var/spam/local.cf",
        "var/srs/secrets",
        "var/tls/mail.example.test.pem",
        "var/etc/certs/env",
        "var/etc/dkim-sign/KeyTable",
        "var/etc/dkim-sign/SHA256SUMS",
        "var/etc/postfix/main.cf",
        "var/etc/postfix/pcre/headers",
        "var/etc/postfix/SHA256SUMS",
    }


def test_it_says_what_to_do_next(stack, project):
    """Until there is a user, and with the domain that is in .env."""
    said = stack("init", "--yes").stderr

    assert "stack user add NAME@example.test" in said
    assert "stack dns show" in said


def test_with_users_it_says_no_more_than_it_did(stack, ready):
    """Whoever has found his way is not shown it again."""
    stack("user", "add", "alice@example.org", "--generate")
    (ready.config / "postfix" / "new").write_text("")

    assert stack("init").stderr.splitlines() == [
        "write var/etc/postfix/new",
        "write var/etc/postfix/SHA256SUMS",
    ]


def test_the_operators_own_rules_stay(stack, ready):
    """What he has written about spam is never overwritten; a lost file is made anew."""
    ready.own_rules.write_text("score GTUBE 5\n")
    stack("init")
    assert ready.own_rules.read_text() == "score GTUBE 5\n"

    ready.own_rules.unlink()
    stack("init")
    assert ready.own_rules.read_text() == local_cf.OWN_RULES


def test_a_second_run_changes_nothing(stack, ready):
    """And says so; no file has been touched."""
    before = {path: path.stat().st_mtime_ns for path in ready.root.rglob("*")}

    done = stack("init", "--yes")

    assert done.stderr == "Nothing changed.\n"
    after = {path: path.stat().st_mtime_ns for path in ready.root.rglob("*")}
    assert after == before


def test_a_dry_run_lists_and_writes_nothing(stack, project):
    """The list is what the run would then do."""
    before = contents(project)

    dry = stack("init", "--yes", "--dry-run")

    assert contents(project) == before
    assert not project.var.exists()
    assert dry.stderr == ""
    wet = stack("init", "--yes", "--verbose").stderr
    assert wet.startswith(dry.stdout)
    assert "write .env\n" in dry.stdout


def test_new_names_change_just_their_lines(stack, ready):
    """The operator's comments stay; the old domain and certificate stay too."""
    ready.env.write_text("# mine\n" + ready.env.read_text() + "SMTP_PORT=2525 # why\n")

    done = stack("init", "--domain", "Bücher.example", "--hostname", "mx.example.net")

    assert done.exit_code == 0
    assert ready.env.read_text() == (
        "# mine\nMAIL_DOMAIN=xn--bcher-kva.example\nMAIL_HOSTNAME=mx.example.net\n"
        "SMTP_PORT=2525 # why\n"
    )
    assert domains(ready) == ["example.org", "xn--bcher-kva.example"]
    assert sorted(path.name for path in ready.tls.iterdir()) == [
        "mail.example.org.pem",
        "mx.example.net.pem",
    ]
    assert (ready.etc / "postfix" / "main.cf").read_text() == (
        "myhostname = mx.example.net\n"
    )


def test_the_antivirus_is_started_where_it_is_wanted(stack, ready):
    """Compose starts by profile: ANTIVIRUS puts one into .env, and takes it out."""
    text = ready.env.read_text() + "COMPOSE_PROFILES=acme\n"
    for word, profiles in (("yes", "acme,antivirus"), ("no", "acme")):
        text = envfile.with_values(text, {"ANTIVIRUS": word})
        ready.env.write_text(text)
        stack("init")

        text = ready.env.read_text()
        assert f"\nCOMPOSE_PROFILES={profiles}\n" in text
        assert stack("init").stderr.splitlines() == ["Nothing changed."]


def test_the_service_web_takes_port_80_from_certs(stack, ready):
    """Compose can't compute: what follows from WEB is written into .env, and goes."""
    text = ready.env.read_text() + "COMPOSE_PROFILES=acme\n"
    for word, profiles, port in (
        ("yes", "acme,web", "127.0.0.1:0"),
        ("no", "acme", ""),
    ):
        ready.env.write_text(envfile.with_values(text, {"WEB": word}))
        stack("init")

        text = ready.env.read_text()
        assert f"\nCOMPOSE_PROFILES={profiles}\n" in text
        assert f"\nCOMPOSE_CERTS_HTTP={port}\n" in text
        assert stack("init").stderr.splitlines() == ["Nothing changed."]


def test_without_the_service_web_its_port_is_not_mentioned(ready):
    """An .env of somebody who never had it stays as it is."""
    assert "COMPOSE_CERTS_HTTP" not in ready.env.read_text()


def test_the_folder_of_the_web_server_is_closed_before_docker_mounts_it(ready):
    """Docker would make it, and let everybody read it."""
    assert ready.web.stat().st_mode & 0o777 == 0o750


def test_a_new_domain_alone_keeps_the_host_name(stack, ready):
    """On an existing .env only what is given changes."""
    stack("init", "--domain", "example.net")

    assert envfile.load(ready.env).mail_hostname == "mail.example.org"


def test_the_first_domain_names_the_host_too(stack, project):
    """Without .env and without a host name, it is mail. of the domain."""
    assert stack("init", "--domain", "example.net").exit_code == 0

    settings = envfile.load(project.env)
    assert (settings.mail_domain, settings.mail_hostname) == (
        "example.net",
        "mail.example.net",
    )


def test_without_a_terminal_it_does_not_guess(stack, project):
    """Neither --yes nor --domain, and nobody to ask: a usage error, no file."""
    done = stack("init")

    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert not project.env.exists()


def test_at_a_terminal_it_asks_for_both_names(stack, project, monkeypatch):
    """With a trial as the default; what is no name is asked again."""
    monkeypatch.setattr(terminal, "is_attended", lambda: True)

    done = stack("init", input="local host\nExample.NET\n\n")

    assert done.exit_code == 0
    assert "Error:" in done.stderr
    settings = envfile.load(project.env)
    assert (settings.mail_domain, settings.mail_hostname) == (
        "example.net",
        "mail.example.net",
    )


def test_a_domain_that_closes_a_circle_of_aliases_is_not_taken(stack, ready):
    """The refusal comes before .env is touched."""
    stack("alias", "add", "info", "info@example.net")
    before = contents(ready)

    done = stack("init", "--domain", "example.net")

    assert done.exit_code == 1
    assert "form a loop" in done.stderr
    assert contents(ready) == before


def test_arguments_are_brought_into_their_stored_form():
    """What is typed in capitals is the same domain."""
    assert arguments.domain("Example.ORG") == "example.org"


def test_a_public_resolver_is_detected_and_said(stack, ready):
    """Block lists give it no answer, so they would be asked in vain."""
    text = ready.env.read_text()
    ready.env.write_text(f"{text}RESOLVER_UPSTREAM=192.0.2.53,8.8.8.8:53\n")

    done = stack("init")

    assert done.exit_code == 0
    assert "8.8.8.8 in RESOLVER_UPSTREAM is Google's" in done.stderr
    assert "192.0.2.53" not in done.stderr


@pytest.mark.parametrize(("length", "code"), [(242, 0), (243, 4)])
def test_the_longest_hostname_is_one_that_files_can_have(stack, project, length, code):
    """A longer one is refused before anything is written."""
    host = f"{'a' * 60}." * 3 + f"{'b' * (length - 191)}.example"
    assert len(host) == length
    before = contents(project)

    done = stack("init", "--yes", "--domain", "example.org", "--hostname", host)

    assert done.exit_code == code
    if code:
        assert "must have at most 242 characters" in done.stderr
        assert contents(project) == before
    else:
        assert (project.tls / f"{host}.pem").exists()


@pytest.mark.parametrize(
    ("seen", "network", "address"),
    [("kept", "true", "[::]"), ("hidden", None, None)],
)
def test_what_was_seen_of_ipv6_opens_the_ports(stack, ready, seen, network, address):
    """`make up` says it; Compose reads its part, and the rest is rendered."""
    done = stack("init", "--yes", f"--ipv6-seen={seen}")

    text = ready.env.read_text()
    values = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    assert done.exit_code == 0
    assert values["IPV6_SEEN"] == seen
    assert values.get("COMPOSE_NETWORK_IPV6") == network
    assert values.get("COMPOSE_ADDRESS_IPV6") == address
    assert stack("init", "--yes", f"--ipv6-seen={seen}", "--dry-run").stdout == ""


def test_ports_that_were_open_are_closed_when_clients_are_hidden(stack, ready):
    """What Compose reads is emptied; nobody is asked for."""
    stack("init", "--yes", "--ipv6-seen=kept")

    stack("init", "--yes", "--ipv6-seen=hidden")

    text = ready.env.read_text()
    assert "\nCOMPOSE_NETWORK_IPV6=\nCOMPOSE_ADDRESS_IPV6=\n" in text


@pytest.mark.parametrize(
    ("problem", "expected"), [("", "match"), ("bad", "differ"), (None, "match")]
)
def test_the_names_of_our_address_are_looked_up(
    stack, ready, monkeypatch, problem, expected
):
    """And where nobody can say it, what was found before stays."""
    with ready.env.open("a") as file:
        file.write("PUBLIC_IPV6=2001:db8::1\nIPV6=yes\nIPV6_NAMES=match\n")
    asked = []

    def answer(*question: object) -> str | None:
        asked.append(question)
        return problem

    monkeypatch.setattr(reverse, "problem", answer)
    assert stack("init", "--yes").exit_code == 0

    assert asked == [(IPv6Address("2001:db8::1"), "mail.example.org")]
    assert f"\nIPV6_NAMES={expected}\n" in ready.env.read_text()


def test_only_env_may_be_written(stack, ready):
    """What containers read stays until they start anew."""
    before = contents(ready)

    done = stack("init", "--yes", "--ipv6-seen=kept", "--only-env")

    assert done.exit_code == 0
    assert "\nIPV6_SEEN=kept\n" in ready.env.read_text()
    assert {k: v for k, v in contents(ready).items() if k != ".env"} == {
        k: v for k, v in before.items() if k != ".env"
    }
