"""Certificates from an authority: got, served on every port, replaced, revoked"""

import ssl
from collections.abc import Iterator

import pytest
from cryptography import x509

from .acme import EAB_HMAC_KEY, EAB_KID, Authority
from .certificates import ADDRESSES, Certificates, asking, believer, put_back
from .checkout import ROOT
from .server import HOSTNAME, PORTS

# To see which kinds a port serves, clients ask that know one alone; some get none.
pytestmark = [
    pytest.mark.provokes("postfix", "SSL_accept error|TLS library problem"),
    pytest.mark.provokes("dovecot", r"SSL_accept\(\) failed"),
]

# What no command of ours does: one certificate is revoked, and nothing else is done.
REVOKE = (
    "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt /opt/certbot/bin/certbot"
    " revoke --non-interactive --no-delete-after-revoke"
    " --config-dir /project/var/acme/certbot --work-dir /tmp --logs-dir /tmp"
    " --server https://acme.ca.test:14000/dir"
)


@pytest.fixture(scope="module")
def certificates(server) -> Iterator[Certificates]:
    """Have a certificate from the authority of this world."""
    with put_back(server) as found:
        found.issue()
        yield found


@pytest.fixture(scope="module")
def authority(server) -> Authority:
    """Know that authority."""
    return Authority(server.project)


def serial(certificates: Certificates) -> int:
    """The number by which the authority knows what is served."""
    text = certificates.project.as_root(f"cat var/tls/{HOSTNAME}.pem")
    pem = text[text.index("-----BEGIN CERTIFICATE") :].encode()
    return x509.load_pem_x509_certificate(pem).serial_number


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_every_port_proves_our_name(certificates, authority, port, address):
    """On IPv4 and IPv6, to who believes the authority and nobody else."""
    client = believer(authority.root, HOSTNAME)

    with certificates.connect(port, client, address) as session:
        names = dict(session.socket.getpeercert())["subjectAltName"]

    assert names == (("DNS", HOSTNAME),)


def test_the_operator_is_told_what_is_served(certificates):
    """`stack cert show` tells issuer, key, end and fingerprint as clients see them."""
    shown = certificates.of()

    assert shown["key"] == "ECDSA P-256"
    assert shown["issuer"].startswith("Pebble")
    assert shown["comes_from"] == "authority"
    assert certificates.everywhere() == {shown["sha256"]}


def test_what_is_not_due_is_not_asked_for_again(certificates):
    """A second `issue`, and `renew`, change nothing: authorities count."""
    before = certificates.files()

    certificates.issue()
    certificates.cert("renew")

    assert certificates.files() == before


def test_a_forced_renewal_is_served_everywhere(certificates):
    """`--force` gets another one, with another key, though none is due."""
    before = certificates.of()

    certificates.cert("renew", "--force")

    after = certificates.of()
    assert after["sha256"] != before["sha256"]
    assert after["tlsa"] != before["tlsa"]
    assert certificates.everywhere() == {after["sha256"]}


def test_a_rehearsal_changes_nothing(certificates):
    """`--dry-run` goes all the way to the authority, and keeps nothing of it."""
    before = certificates.files()

    issued = certificates.issue("--dry-run", "imap.example.test")
    renewed = certificates.cert("renew", "--dry-run")

    assert certificates.files() == before
    assert "a certificate would be issued" in issued.stderr
    assert "a certificate would be issued" in renewed.stderr


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


def test_what_the_authority_wants_renewed_is_renewed(certificates):
    """
    It suggests when to renew (ARI): for a certificate that was revoked, at once.

    By its lifetime, of which hardly anything has passed, it would not be due.
    """
    name = "smtp.example.test"
    certificates.issue(name)
    before = certificates.of(name)
    words = f"--cert-path /project/var/acme/certbot/live/{name}/cert.pem"
    certificates.project.inside("certs", "sh", "-c", f"{REVOKE} {words}")

    certificates.cert("renew", name)

    assert certificates.of(name)["sha256"] != before["sha256"]
    certificates.cert("remove", name)


def test_old_clients_are_shown_rsa(certificates, authority):
    """With `--rsa` each client gets what it knows, the chain included; without, not."""
    certificates.issue("--rsa")

    for port in PORTS:
        for kind in ("ECDSA", "RSA"):
            client = believer(authority.root, HOSTNAME, kind)
            with certificates.connect(port, client) as session:
                assert kind in session.socket.cipher()[0]
    shown = {each["key"]: each["sha256"] for each in certificates.shown()}
    assert certificates.everywhere(kind="RSA") == {shown["RSA 2048"]}
    assert certificates.everywhere(kind="ECDSA") == {shown["ECDSA P-256"]}
    assert certificates.everywhere(kind="") == {shown["ECDSA P-256"]}

    certificates.issue()

    with pytest.raises(ssl.SSLError, match="ALERT_HANDSHAKE_FAILURE"):
        certificates.served(993, kind="RSA")
    assert [each["key"] for each in certificates.shown()] == ["ECDSA P-256"]


def test_an_authority_may_want_to_know_its_customer(server, certificates):
    """With the key that it gave (EAB), another authority issues; it is nowhere kept."""
    customer = Authority(server.project, "eab.ca.test")
    words = ("issue", "--agree-tos", "--eab-kid", EAB_KID, "--eab-hmac-stdin")

    with asking(server.project, customer):
        certificates.cert(*words, "smtp.example.test", stdin=EAB_HMAC_KEY)

    client = believer(customer.root, "smtp.example.test")
    with certificates.connect(465, client) as session:
        assert session.socket.getpeercert()
    search = f"grep -rle {EAB_HMAC_KEY} var || test $? = 1"
    kept = server.project.as_root(search)
    assert kept == ""
    certificates.cert("remove", "smtp.example.test")


def test_the_terms_are_for_the_operator_to_agree_to(server, certificates):
    """Where there is nobody to ask, `--agree-tos` must say so; nothing is changed."""
    before = certificates.files()

    with asking(server.project, Authority(server.project, "short.ca.test")):
        done = certificates.cert("issue", check=False)

    assert done.returncode == 2
    assert "--agree-tos" in done.stderr
    assert certificates.files() == before


def test_compose_starts_the_service_from_now_on(certificates):
    """The profile is in .env, so that `docker compose up` renews for ever."""
    text = (certificates.project.folder / ".env").read_text()

    assert "COMPOSE_PROFILES=acme" in text.splitlines()


def test_the_readme_says_what_is_done_here():
    """The command by which these tests have got their certificate stands in it."""
    readme = (ROOT / "README.md").read_text()

    assert "\n    docker compose exec certs stack cert issue --agree-tos\n" in readme
