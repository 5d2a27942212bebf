"""An ACME authority can verify our names over port 80, a web server or the DNS."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.certs.acme import Authority, update_credentials
from tests.support.configuration.reload import with_settings
from tests.support.wait import wait_until

pytestmark = pytest.mark.usefixtures("authorities")

# A hook as an operator may write it: it changes the zone.
HOOK = """\
#!/opt/certbot/bin/python
import os, sys
import dns.query, dns.tsigkeyring, dns.update

name = f"_acme-challenge.{os.environ['CERTBOT_DOMAIN']}."
keys = dns.tsigkeyring.from_text({"@KEY@.": "@SECRET@"})
change = dns.update.Update("example.test.", keyring=keys, keyalgorithm="hmac-sha256")
if sys.argv[0].endswith("auth"):
    change.replace(name, 1, "TXT", f'"{os.environ["CERTBOT_VALIDATION"]}"')
else:
    change.delete(name)
sys.exit(dns.query.tcp(change, "@SERVER@", timeout=10).rcode())
"""


def put(project, path: str, text: str, mode: str = "0600") -> None:
    """Write an operator's own file into var/acme."""
    place = f"var/acme/{path}"
    project.as_root(
        f"install -D -m {mode} /dev/null {place}; cat > {place} <<'END'\n{text}\nEND"
    )


@contextmanager
def web_server(project) -> Iterator[None]:
    """Have a web server on port 80, which shows what is in ACME_WEBROOT."""
    container = project.container("certs")
    serve = "echo $$ > /tmp/web.pid; exec python3 -m http.server -d /webroot 80"
    container.exec_run(["sh", "-c", serve], detach=True)
    try:
        wait_until(
            lambda: container.exec_run(["curl", "-sf", "http://127.0.0.1/"])[0] == 0,
            "a web server on port 80",
        )
        yield
    finally:
        project.inside("certs", "sh", "-c", "kill $(cat /tmp/web.pid)")


@pytest.mark.core
def test_webroot_works_where_port_80_is_taken(server, certificates):
    """
    With `webroot`, the web server that has port 80 answers the challenge.

    With `standalone` the order fails, and the line says that port 80 is taken.
    """
    order = ("--dry-run", "smtp.example.test")
    with web_server(server.project):
        alone = certificates.issue(*order, check=False)
        with with_settings(server.project, ACME_CHALLENGE="webroot"):
            shown = certificates.issue(*order)

    assert "port 80 of the container is in use" in alone.stderr
    assert "a certificate would be issued" in shown.stderr


def test_a_wildcard_is_issued_by_dynamic_update(server, certificates, world):
    """
    A wildcard certificate is issued by dynamic update of the DNS (RFC 2136).

    Every port serves it for the names that it covers, and for no other.
    """
    put(server.project, "dns-rfc2136.ini", update_credentials(world))
    before = certificates.served_everywhere()

    with with_settings(
        server.project, ACME_CHALLENGE="dns-rfc2136", ACME_DNS_PROPAGATION_SECONDS="1"
    ):
        certificates.issue("second.test", "*.second.test")

    new = {certificates.of("second.test")["sha256"]}
    root = Authority(server.project).root
    assert certificates.served_everywhere("second.test", root=root) == new
    assert certificates.served_everywhere("anything.second.test", root=root) == new
    assert certificates.served_everywhere() == before
    certificates.cert("remove", "second.test")
    assert certificates.served_everywhere("anything.second.test") == before


def test_a_refused_dynamic_update_is_reported(server, certificates, world):
    """
    When the name server refuses the update, the message names the credentials file.
    """
    wrong = update_credentials(world).replace("_secret = ", "_secret = QUJD")
    put(server.project, "dns-rfc2136.ini", wrong)

    with with_settings(
        server.project, ACME_CHALLENGE="dns-rfc2136", ACME_DNS_PROPAGATION_SECONDS="1"
    ):
        done = certificates.issue("imap.second.test", check=False)

    assert done.returncode == 1
    assert "the name server was not changed" in done.stderr
    assert "var/acme/dns-rfc2136.ini" in done.stderr


def test_a_manual_challenge_runs_the_operators_hooks(server, certificates, world):
    """With `manual` the operator's own hooks change the DNS, and clean up after it."""
    text = HOOK.replace("@SERVER@", world.names)
    text = text.replace("@KEY@", "certs").replace("@SECRET@", world.zones.secret)
    for name in ("auth", "cleanup"):
        put(server.project, f"hooks/{name}", text, "0700")
    # `stack init` must not change the hooks.
    server.project.stack("init", "--yes")

    with with_settings(server.project, ACME_CHALLENGE="manual"):
        done = certificates.issue("--dry-run", "imap.example.test")

    assert "a certificate would be issued" in done.stderr


def test_a_failing_hook_is_reported(server, certificates):
    """When a hook fails, the order fails and the message names the hook."""
    put(server.project, "hooks/auth", "#!/bin/sh\necho no >&2; exit 3", "0700")

    with with_settings(server.project, ACME_CHALLENGE="manual"):
        done = certificates.issue("smtp.second.test", check=False)

    assert done.returncode == 1
    assert "smtp.second.test: the program var/acme/hooks/auth failed" in done.stderr


def test_a_missing_plugin_is_reported(server, certificates):
    """
    When the image lacks the DNS plugin of .env, the message says to build it again.
    """
    with with_settings(server.project, ACME_CHALLENGE="dns-cloudflare"):
        done = certificates.issue("smtp.second.test", check=False)

    assert done.returncode == 1
    assert "`docker compose build certs`" in done.stderr
