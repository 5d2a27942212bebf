"""Certificates for the names of the service web: issued, proven, renewed, removed."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stack.certs import store
from stack.renewal import requests
from stack.renewal.acme import certbot_program
from stack.renewal.deployment import port_check
from stack.renewal.state import state_file
from stack.system import endpoints
from stack.system.project import Project
from tests.support.certs.bundles import bundle
from tests.support.network.mail_ports import always, serving
from tests.support.project import prepared
from tests.support.renewal.certbot_lab import Certbot, install, remembered

POLICY, AUTOCONFIG = "mta-sts.example.org", "autoconfig.example.org"

pytestmark = pytest.mark.usefixtures("answered")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project after `stack init`, with the real templates."""
    return prepared.project(tmp_path)


@pytest.fixture
def on(project, stack, monkeypatch) -> Project:
    """The same with WEB=yes; nothing runs, and the ports are asked once."""
    project.env.write_text(f"{prepared.ENV}WEB=yes\n")
    monkeypatch.setattr(endpoints, "INSIDE", Path("/nowhere"))
    monkeypatch.setattr(endpoints, "find", lambda _: [])
    monkeypatch.setattr(endpoints, "find_web", lambda _: [])
    monkeypatch.setattr(port_check, "FIRST_PAUSE", 0.01)
    assert stack("init").exit_code == 0
    return project


@pytest.fixture
def certbot(on, monkeypatch, tmp_path_factory) -> Certbot:
    """This is the container that has certbot."""
    program = tmp_path_factory.mktemp("certbot") / "certbot"
    program.touch()
    monkeypatch.setattr(certbot_program, "PATH", program)
    return install(monkeypatch, on)


@contextmanager
def web(project: Project, monkeypatch, shown=None) -> Iterator[None]:
    """Have a web server run that serves what is configured, or what is *shown*."""

    def configured() -> ssl.SSLContext:
        context = always(bundle("nobody.invalid"))()

        def choose(encrypted: ssl.SSLSocket, name: str | None, _: object) -> int | None:
            text = (project.etc / "web" / "nginx.conf").read_text()
            if f"# site {name}\n" not in text:
                return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
            other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            other.load_cert_chain(project.web / f"{name}.pem")
            encrypted.context = other
            return None

        context.sni_callback = choose
        return context

    def manner(plain) -> None:
        with (shown or configured)().wrap_socket(plain, server_side=True) as encrypted:
            encrypted.recv(1)

    with serving(443, manner) as place:
        monkeypatch.setattr(endpoints, "find_web", lambda _: [place])
        yield


def issue(stack, *words: str):
    """Run `stack cert issue --web`."""
    return stack("cert", "issue", "--web", "--agree-tos", *words)


def test_each_name_gets_a_certificate_of_its_own(stack, on, certbot, monkeypatch):
    """In var/web, with the configuration that names it; var/tls stays as it is."""
    before = store.texts(on.tls)

    with web(on, monkeypatch):
        done = issue(stack)

    assert done.exit_code == 0, done.output
    assert list(store.load(on.web)) == [AUTOCONFIG, POLICY]
    assert store.load(on.web)[POLICY].main.names == (POLICY,)
    assert (on.web / f"{POLICY}.pem").stat().st_mode & 0o777 == 0o640
    text = (on.etc / "web" / "nginx.conf").read_text()
    assert f"ssl_certificate /live/current/tls/{POLICY}.pem;" in text
    assert store.texts(on.tls) == before
    assert remembered(on, POLICY).by_web is True
    assert done.stderr.count("Served on port 443") == 2


def test_names_are_proven_by_the_web_server(stack, certbot):
    """It has port 80: the service certs puts the answer into its folder."""
    issue(stack, "--dry-run")

    assert certbot.verbs == ["certonly", "certonly"]
    assert all("--webroot" in call for call in certbot.calls)


def test_a_name_that_fails_keeps_no_other_back(stack, on, certbot, monkeypatch):
    """Each failure is told; the command fails."""

    def before(_: str) -> None:
        certbot.failure = "no" if AUTOCONFIG in certbot.calls[-1] else ""

    certbot.before = before
    with web(on, monkeypatch):
        # In this order the first one fails.
        monkeypatch.setattr("stack.services.web.sites.KINDS", ("autoconfig", "mta-sts"))
        stack("init")
        done = issue(stack)

    assert done.exit_code == 1
    assert "certbot failed (no)" in done.stderr
    assert list(store.load(on.web)) == [POLICY]


def test_a_certificate_that_is_not_served_is_taken_back(
    stack, on, certbot, monkeypatch
):
    """As on the mail ports."""
    with web(on, monkeypatch, always(bundle("nobody.invalid"))):
        done = issue(stack, "--timeout", "0")

    assert done.exit_code == 1
    assert "serves another certificate" in done.stderr
    assert "the one before was put back" in done.stderr
    assert store.load(on.web) == {}
    assert POLICY not in (on.etc / "web" / "nginx.conf").read_text().split("443 ssl")[1]


def test_without_a_web_server_nothing_is_proven(stack, on, certbot):
    """The certificate is there for when it starts."""
    done = issue(stack)

    assert done.exit_code == 1
    assert "no web port answers: " in done.stderr
    assert list(store.load(on.web)) == [AUTOCONFIG, POLICY]


def test_with_web_no_name_is_to_be_given(stack, certbot):
    """And without the service web there is none."""
    assert "takes no HOST" in issue(stack, "a.example").stderr


def test_without_the_service_web_there_are_no_names(stack, on, certbot):
    """The message says how to switch it on."""
    on.env.write_text(prepared.ENV)
    stack("init")

    done = issue(stack)

    assert done.exit_code == 3
    assert "set WEB=yes in .env" in done.stderr
    assert certbot.calls == []


def known(project: Project) -> list[str]:
    """Return the names that an authority renews certificates for."""
    state = state_file.load(project)
    return [each.name for each in requests.issued(project, state)]


def test_a_domain_that_goes_takes_its_names_with_it(stack, on, certbot):
    """Nobody renews a certificate that nobody serves."""
    stack("domain", "add", "a.example")
    issue(stack)
    before = known(on)

    done = stack("domain", "remove", "a.example")

    assert done.exit_code == 0, done.output
    assert len(before) == 4
    assert known(on) == [AUTOCONFIG, POLICY]
    assert list(store.load(on.web)) == [AUTOCONFIG, POLICY]


def test_while_the_service_web_is_off_its_certificates_rest(stack, on, certbot):
    """Back on, they are served and renewed as before."""
    issue(stack)
    on.env.write_text(prepared.ENV)
    stack("init")
    off = known(on)
    on.env.write_text(f"{prepared.ENV}WEB=yes\n")
    stack("init")

    assert off == []
    assert known(on) == [AUTOCONFIG, POLICY]


def test_check_and_show_know_the_web_server(stack, on, certbot, monkeypatch):
    """What is missing is told with the command that gets it."""
    missing = stack("cert", "check")
    with web(on, monkeypatch):
        issue(stack)
        right = stack("cert", "check")
    shown = stack("cert", "show")

    assert f"var/web/{POLICY}.pem: is missing" in missing.stderr
    assert "`stack cert issue --web`" in missing.stderr
    assert f"var/web/{POLICY}.pem" not in right.stderr
    assert f"{POLICY}" in right.stdout
    assert POLICY in shown.stdout


def test_the_names_are_aliases_and_nothing_else(stack, on, certbot, monkeypatch):
    """A CAA record beside a CNAME would be an error (RFC 2181 §10.1)."""
    with web(on, monkeypatch):
        issue(stack)

    blocks = json.loads(stack("dns", "show", "--json").stdout)

    kinds = [
        (each["name"], each["type"]) for block in blocks for each in block["records"]
    ]
    assert [kind for name, kind in kinds if name in (POLICY, AUTOCONFIG)] == [
        "CNAME",
        "CNAME",
    ]
    assert ("_mta-sts.example.org", "TXT") in kinds


def test_a_damaged_file_of_the_web_server_is_told(stack, on):
    """Mail goes on without it: it is left out of the configuration."""
    (on.web / f"{POLICY}.pem").write_text("half")

    done, checked = stack("init"), stack("cert", "check")

    assert done.exit_code == 0
    assert f"var/web/{POLICY}.pem: is not a key" in checked.stderr
