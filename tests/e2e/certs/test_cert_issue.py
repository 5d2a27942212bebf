"""A certificate from an ACME authority is issued, served, replaced and revoked."""

import pytest
from cryptography import x509

from tests.support.certs.acme import EAB_HMAC_KEY, EAB_KID, Authority
from tests.support.certs.certificates import Certificates, asking
from tests.support.certs.imported import ROOT, lay
from tests.support.configuration.templates import settings
from tests.support.harness.checkout import ROOT as CHECKOUT
from tests.support.server.server import HOSTNAME

pytestmark = pytest.mark.usefixtures("issued")


@pytest.fixture(scope="module")
def authority(server) -> Authority:
    """Know that authority."""
    return Authority(server.project)


def serial(certificates: Certificates) -> int:
    """The number by which the authority knows what is served."""
    text = certificates.project.as_root(f"cat var/tls/{HOSTNAME}.pem")
    pem = text[text.index("-----BEGIN CERTIFICATE") :].encode()
    return x509.load_pem_x509_certificate(pem).serial_number


@pytest.mark.core
def test_every_port_proves_our_name(certificates, authority):
    """
    On IPv4 and IPv6, to who believes the authority and nobody else.

    `stack cert show` tells issuer, key, name and fingerprint as clients see them.
    """
    shown = certificates.of()

    assert certificates.everywhere(root=authority.root) == {shown["sha256"]}
    assert shown["hosts"] == [HOSTNAME]
    assert shown["key"] == "ECDSA P-256"
    assert shown["issuer"].startswith("Pebble")
    assert shown["comes_from"] == "authority"


def test_what_is_not_due_is_not_asked_for_again(certificates):
    """
    The command of the README, which has got one, and `renew` change nothing:
    authorities count.
    """
    command = "docker compose exec certs stack cert issue --agree-tos"
    assert f"\n    {command}\n" in (CHECKOUT / "README.md").read_text()
    before = certificates.files()

    words = command.removeprefix("docker compose exec ").split()
    certificates.project.compose("exec", "--no-TTY", *words)
    certificates.cert("renew")

    assert certificates.files() == before


def test_a_rehearsal_changes_nothing(certificates):
    """`--dry-run` goes all the way to the authority, and keeps nothing of it."""
    got = "ls -R var/acme/certbot/archive"
    before = certificates.files(), certificates.project.as_root(got)

    rehearsed = certificates.issue("--dry-run", HOSTNAME, "imap.example.test")

    assert (certificates.files(), certificates.project.as_root(got)) == before
    assert "a certificate would be issued" in rehearsed.stderr


@pytest.mark.core
def test_the_operators_authorities_are_trusted_besides(server, certificates):
    """Those in var/acme/authorities.pem don't take the place of the world's."""
    lay(server.project, authorities=ROOT.pem)
    server.project.as_root("cp brought/authorities.pem var/acme/authorities.pem")
    try:
        rehearsed = certificates.issue("--dry-run", "imap.example.test")
    finally:
        server.project.as_root("rm var/acme/authorities.pem")

    assert "a certificate would be issued" in rehearsed.stderr


def test_a_stolen_key_is_replaced_and_revoked(certificates, authority):
    """`renew --revoke`: another key is served, and only then the old one revoked."""
    before, old = certificates.of(), serial(certificates)
    assert authority.status(old) == "Valid"

    certificates.cert("renew", "--revoke", "keycompromise")

    after = certificates.of()
    assert after["tlsa"] != before["tlsa"]
    assert certificates.everywhere() == {after["sha256"]}
    assert authority.status(old) == "Revoked"
    assert authority.status(serial(certificates)) == "Valid"


def test_an_authority_may_want_to_know_its_customer(server, certificates):
    """
    With the key that it gave (EAB), another authority issues; it is nowhere kept.

    Without, the line says so.
    """
    order = ("issue", "--agree-tos", "--dry-run", "smtp.example.test")
    known = ("--eab-kid", EAB_KID, "--eab-hmac-stdin")

    with asking(server.project, Authority(server.project, "eab.ca.test")):
        refused = certificates.cert(*order, check=False)
        taken = certificates.cert(*order, *known, stdin=EAB_HMAC_KEY)

    assert refused.returncode == 1
    assert "wants a key that it gave you: say --eab-kid" in refused.stderr
    assert "a certificate would be issued" in taken.stderr
    kept = server.project.as_root(f"grep -rl {EAB_HMAC_KEY} var || true")
    assert kept == ""


def test_the_terms_are_for_the_operator_to_agree_to(server, certificates):
    """Where there is nobody to ask, `--agree-tos` must say so; nothing is changed."""
    server.project.as_root("rm -rf var/acme/certbot/accounts/eab.ca.test:14000")
    before = certificates.files()

    with asking(server.project, Authority(server.project, "eab.ca.test")):
        done = certificates.cert("issue", check=False)

    assert done.returncode == 2
    assert "--agree-tos" in done.stderr
    assert certificates.files() == before


def test_compose_starts_the_service_from_now_on(certificates):
    """
    The profile is in .env, so that `docker compose up` renews for ever.

    The service itself can't write .env: it asks for that, and `stack init` does it.
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
