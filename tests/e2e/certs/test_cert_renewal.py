"""The service certs renews certificates by itself, and reports a failure."""

from datetime import UTC, datetime, timedelta
from time import monotonic, time

import pytest

from stack.certs.bundle import Bundle
from tests.support.certs.certificates import (
    client_without_validation,
    trusting,
    with_authority,
)
from tests.support.certs.imported import NOW, ROOT, certificate, served
from tests.support.configuration.templates import settings
from tests.support.mail.message import letter
from tests.support.server.server import HOSTNAME
from tests.support.wait import wait_until

# Revokes the certificate and changes nothing else, which no command of ours does.
REVOKE = (
    "REQUESTS_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt /opt/certbot/bin/certbot"
    " revoke --non-interactive --no-delete-after-revoke"
    " --config-dir /project/var/acme/certbot --work-dir /tmp --logs-dir /tmp"
    " --server https://acme.ca.test:14000/dir"
    f" --cert-path /project/var/acme/certbot/live/{HOSTNAME}/cert.pem"
)
# certbot asks for renewal information every six hours: let it ask again now.
FORGET = f"sed -i /ari_retry_after/d var/acme/certbot/renewal/{HOSTNAME}.conf"

LINEAGE = f"var/acme/certbot/live/{HOSTNAME}"

pytestmark = [
    pytest.mark.usefixtures("issued"),
    pytest.mark.provokes("certs", "^Error: .*(outage|postmaster)"),
]


def replace_by_older(certificates, left: timedelta) -> str:
    """
    Make the authority's certificate one of 90 days, of which so much time is *left*.

    It is served, and it is what certbot has got last. Return its fingerprint.
    """
    project, end = certificates.project, NOW + left
    text = served(certificate(begin=end - timedelta(days=90), end=end))
    chain = text.index("-----BEGIN CERTIFICATE")
    (project.folder / "old.key").write_text(text[:chain])
    (project.folder / "old.chain").write_text(text[chain:])
    project.as_root(
        f"cat old.key > {LINEAGE}/privkey.pem; cat old.chain > {LINEAGE}/fullchain.pem;"
        f" openssl x509 -in old.chain -out {LINEAGE}/cert.pem;"
        f" cat old.key old.chain > var/tls/{HOSTNAME}.pem"
    )
    old = Bundle.parse(text).fingerprint
    wait_until(lambda: certificates.served_everywhere() == {old}, "the old one, served")
    return old


@pytest.mark.core
def test_a_certificate_is_renewed_when_the_authority_asks_for_it(certificates):
    """
    The service renews a certificate when the authority asks for it (ARI).

    Every port serves the new one. By its lifetime it would not be due yet.
    """
    before = certificates.served_everywhere()
    certificates.project.inside("certs", "sh", "-c", f"{REVOKE} && {FORGET}")

    certificates.check_now()

    shown = certificates.of()
    assert shown["issuer"].startswith("Pebble")
    assert {shown["sha256"]} == certificates.served_everywhere() != before


def test_mail_comes_in_with_an_expired_certificate(server, certificates, bob, subject):
    """
    With an expired certificate, other servers deliver mail and `cert check` fails.

    The certificate has to expire while it is served: no container takes one that has
    expired already in place of a good one.
    """
    end = datetime.now(UTC) + timedelta(seconds=40)
    replace_by_older(certificates, end - NOW)
    wait_until(lambda: datetime.now(UTC) > end, "the end of the certificate", 60)

    message = letter("a@outside.test", bob.address, subject)
    with certificates.connect(25, client_without_validation(HOSTNAME)) as session:
        assert session.deliver(message, "a@outside.test", [bob.address]).code == 250
    checked = server.project.stack("cert", "check", check=False)
    assert checked.returncode == 1
    assert "expired" in checked.stdout


def test_a_failed_renewal_is_reported_and_retried_later(server, certificates, alice):
    """
    A failed renewal is reported and retried later, and the old certificate is served.

    It is logged, shown by `check` and `status`, and mailed to the postmaster once a
    day; the service is unhealthy. When the authority answers again, the next try
    succeeds.
    """
    project = server.project
    old, begin = replace_by_older(certificates, timedelta(days=10)), time()

    with with_authority(project, "https://acme.ca.test:14001/dir"):
        certificates.check_now()
        certificates.check_now()

    assert project.said("certs", begin).count("can't be reached") == 1
    with trusting(server, ROOT.pem):
        told = alice.receive(f"The certificate {HOSTNAME} needs your attention")
        assert alice.subjects().count(told.message["Subject"]) == 1
    assert "renewal has failed once" in told.message.get_content()
    checked = project.stack("cert", "check", check=False)
    assert checked.returncode == 1
    assert "renewal has failed once" in checked.stderr
    assert "is tried again at" in checked.stderr
    shown = project.stack("status", check=False)
    assert shown.returncode == 1
    assert f"certificate  {HOSTNAME}" in shown.stdout
    assert "renewal has failed once" in shown.stdout
    assert certificates.cert("renew", "--healthy", check=False).returncode == 1
    assert certificates.served_everywhere() == {old}

    certificates.cert("renew")

    assert project.stack("cert", "check").returncode == 0
    assert certificates.cert("renew", "--healthy").returncode == 0


def test_an_invalid_env_is_refused_and_the_service_goes_on(server, certificates):
    """
    With an invalid .env, `stack init` fails and the service goes on with the last valid
    one.
    """
    # Renew what another test has left due.
    certificates.check_now()
    begin, before = time(), certificates.files()

    with settings(server.project, ACME_CHALLENGE="nonsense"):
        refused = server.project.stack("init", "--yes", check=False)
        certificates.check_now()

    assert "ACME_CHALLENGE=nonsense must be" in refused.stderr
    assert "Error" not in server.project.said("certs", begin)
    assert certificates.files() == before
    assert server.project.container("certs").status == "running"


def test_the_service_stops_at_once_on_sigterm(server, certificates):
    """`docker compose stop` ends the service `certs` at once, with exit code 0."""
    container = server.project.container("certs")
    asked = monotonic()

    container.stop(timeout=20)

    assert monotonic() - asked < 10
    container.reload()
    assert container.attrs["State"]["ExitCode"] == 0
    begin = time()
    container.start()
    certificates.await_check(begin)
    server.project.wait_for("healthy", "certs")
