"""A certificate from an ACME authority is issued, served, replaced and revoked."""

import pytest
from cryptography import x509

from tests.support.certs.acme import EAB_HMAC_KEY, EAB_KID, Authority
from tests.support.certs.certificates import Certificates, with_authority
from tests.support.certs.imported import ROOT, write_files
from tests.support.configuration.templates import settings
from tests.support.harness.checkout import ROOT as CHECKOUT
from tests.support.server.server import HOSTNAME

pytestmark = pytest.mark.usefixtures("issued")


@pytest.fixture(scope="module")
def authority(server) -> Authority:
    """Return the ACME authority."""
    return Authority(server.project)


def serial(certificates: Certificates) -> int:
    """Return the serial number of the served certificate."""
    text = certificates.project.as_root(f"cat var/tls/{HOSTNAME}.pem")
    pem = text[text.index("-----BEGIN CERTIFICATE") :].encode()
    return x509.load_pem_x509_certificate(pem).serial_number


@pytest.mark.core
def test_every_port_serves_the_issued_certificate(certificates, authority):
    """
    Every port serves the issued certificate, on IPv4 and IPv6.

    `stack cert show` tells issuer, key, name and fingerprint as clients see them.
    """
    shown = certificates.of()

    assert certificates.served_everywhere(root=authority.root) == {shown["sha256"]}
    assert shown["hosts"] == [HOSTNAME]
    assert shown["key"] == "ECDSA P-256"
    assert shown["issuer"].startswith("Pebble")
    assert shown["comes_from"] == "authority"


def test_nothing_is_issued_before_it_is_due(certificates):
    """`cert issue` and `cert renew` change nothing while the certificate is not due."""
    command = "docker compose exec certs stack cert issue --agree-tos"
    assert f"\n    {command}\n" in (CHECKOUT / "README.md").read_text()
    before = certificates.files()

    words = command.removeprefix("docker compose exec ").split()
    certificates.project.compose("exec", "--no-TTY", *words)
    certificates.cert("renew")

    assert certificates.files() == before


def test_a_dry_run_changes_nothing(certificates):
    """`cert issue --dry-run` goes all the way to the authority, and changes no file."""
    got = "ls -R var/acme/certbot/archive"
    before = certificates.files(), certificates.project.as_root(got)

    rehearsed = certificates.issue("--dry-run", HOSTNAME, "imap.example.test")

    assert (certificates.files(), certificates.project.as_root(got)) == before
    assert "a certificate would be issued" in rehearsed.stderr


@pytest.mark.core
def test_authorities_pem_adds_to_the_trusted_roots(server, certificates):
    """The roots in var/acme/authorities.pem are trusted besides the system's."""
    write_files(server.project, authorities=ROOT.pem)
    server.project.as_root("cp imported/authorities.pem var/acme/authorities.pem")
    try:
        rehearsed = certificates.issue("--dry-run", "imap.example.test")
    finally:
        server.project.as_root("rm var/acme/authorities.pem")

    assert "a certificate would be issued" in rehearsed.stderr


def test_a_compromised_key_is_replaced_and_then_revoked(certificates, authority):
    """
    `cert renew --revoke` serves another key, and only then revokes the old certificate.
    """
    before, old = certificates.of(), serial(certificates)
    assert authority.status(old) == "Valid"

    certificates.cert("renew", "--revoke", "keycompromise")

    after = certificates.of()
    assert after["tlsa"] != before["tlsa"]
    assert certificates.served_everywhere() == {after["sha256"]}
    assert authority.status(old) == "Revoked"
    assert authority.status(serial(certificates)) == "Valid"


def test_external_account_binding_is_supported(server, certificates):
    """
    With external account binding (EAB) a certificate is issued; the key is stored
    nowhere.

    Without the key, the message says which option to give.
    """
    order = ("issue", "--agree-tos", "--dry-run", "smtp.example.test")
    known = ("--eab-kid", EAB_KID, "--eab-hmac-stdin")

    with with_authority(server.project, Authority(server.project, "eab.ca.test")):
        refused = certificates.cert(*order, check=False)
        taken = certificates.cert(*order, *known, stdin=EAB_HMAC_KEY)

    assert refused.returncode == 1
    assert "wants a key that it gave you: say --eab-kid" in refused.stderr
    assert "a certificate would be issued" in taken.stderr
    kept = server.project.as_root(f"grep -rl {EAB_HMAC_KEY} var || true")
    assert kept == ""


def test_terms_of_service_need_agree_tos(server, certificates):
    """
    Without a terminal, `cert issue` needs `--agree-tos`; without it nothing changes.
    """
    server.project.as_root("rm -rf var/acme/certbot/accounts/eab.ca.test:14000")
    before = certificates.files()

    with with_authority(server.project, Authority(server.project, "eab.ca.test")):
        done = certificates.cert("issue", check=False)

    assert done.returncode == 2
    assert "--agree-tos" in done.stderr
    assert certificates.files() == before


def test_after_the_first_issue_compose_starts_the_service_certs(certificates):
    """
    After the first certificate the profile `acme` is in .env, so Compose starts
    `certs`.

    The service can't write .env itself: it asks for that, and `stack init` does it.
    """
    project = certificates.project
    with settings(project, COMPOSE_PROFILES=""):
        project.stack("init", "--yes")
        certificates.issue()
        asked = project.as_root("ls var/acme")
        text = (project.folder / ".env").read_text()
        project.stack("init", "--yes")
        later = (project.folder / ".env").read_text()

    assert "start-certs" in asked
    assert "COMPOSE_PROFILES=acme" not in text.splitlines()
    assert "COMPOSE_PROFILES=acme" in later.splitlines()
    assert "start-certs" not in project.as_root("ls var/acme")
