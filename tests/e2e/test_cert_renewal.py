"""The service certs renews by itself, and says so when it can't"""

from datetime import timedelta
from time import monotonic, time

import pytest

from stack.certs.bundle import Bundle

from .brought import NOW, ROOT, certificate, served
from .certificates import asking, believing, stranger
from .configuration import settings
from .message import letter
from .server import HOSTNAME
from .wait import wait_until

LINEAGE = f"var/acme/certbot/live/{HOSTNAME}"

pytestmark = [
    pytest.mark.usefixtures("issued"),
    pytest.mark.provokes("certs", "^Error: .*(outage|postmaster)"),
]


def grow_old(certificates, left: timedelta) -> str:
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
    wait_until(lambda: certificates.everywhere() == {old}, "the old one, served")
    return old


@pytest.mark.core
def test_a_certificate_is_renewed_in_the_last_third_of_its_life(server, certificates):
    """By the service, which nobody has told to; every port serves the next one."""
    old, begin = grow_old(certificates, timedelta(days=29)), time()

    certificates.look_again()

    wait_until(lambda: "Served on" in server.project.said("certs", begin), "another")
    new = certificates.of()
    assert new["sha256"] != old
    assert new["issuer"].startswith("Pebble")
    assert certificates.everywhere() == {new["sha256"]}


def test_a_renewal_that_fails_is_told_and_not_repeated_at_once(
    server, certificates, alice
):
    """
    Logged, shown by `check`, `show` and `status`, mailed to the postmaster once a day,
    and tried again only after a while; the service is unhealthy, the old one served.

    When the authority answers again, the next try succeeds, and all is well.
    """
    project = server.project
    old, begin = grow_old(certificates, timedelta(days=10)), time()

    def look() -> None:
        looks = project.said("certs", begin).count("Next look")
        certificates.look_again()
        wait_until(
            lambda: project.said("certs", begin).count("Next look") > looks, "a look"
        )

    with asking(project, "https://acme.ca.test:14001/dir"):
        look()
        look()

    assert project.said("certs", begin).count("can't be reached") == 1
    with believing(server, ROOT.pem):
        told = alice.receive(f"The certificate {HOSTNAME} needs your attention")
        assert alice.subjects().count(told.message["Subject"]) == 1
    assert "renewal has failed once" in told.message.get_content()
    checked = project.stack("cert", "check", check=False)
    assert checked.returncode == 1
    assert "renewal has failed once" in checked.stderr
    assert "is tried again at" in certificates.of()["remark"]
    shown = project.stack("status", check=False)
    assert shown.returncode == 1
    assert f"certificate  {HOSTNAME}" in shown.stdout
    assert "renewal has failed once" in shown.stdout
    assert certificates.cert("renew", "--healthy", check=False).returncode == 1
    assert certificates.everywhere() == {old}

    certificates.cert("renew")

    certificates.proven()
    assert certificates.of()["remark"] == ""
    assert certificates.cert("renew", "--healthy").returncode == 0


def test_mail_comes_in_with_a_certificate_that_has_ended(
    server, certificates, spammer, bob, subject
):
    """It is said loudly to the operator, and other servers deliver all the same."""
    grow_old(certificates, timedelta(days=-1))

    message = letter("a@outside.test", bob.address, subject)
    with certificates.connect(25, stranger(HOSTNAME)) as session:
        assert session.deliver(message, "a@outside.test", [bob.address]).code == 250
    checked = server.project.stack("cert", "check", check=False)
    assert checked.returncode == 1
    assert "expired" in checked.stdout


@pytest.mark.provokes("certs", "ACME_CHALLENGE=nonsense must be")
def test_a_wrong_env_is_told_and_waited_for(server, certificates):
    """The service goes on, and changes nothing."""
    begin, before = time(), certificates.files()

    with settings(server.project, ACME_CHALLENGE="nonsense"):
        certificates.look_again()
        wait_until(
            lambda: "ACME_CHALLENGE=nonsense" in server.project.said("certs", begin),
            "the line",
        )

    assert certificates.files() == before
    assert server.project.container("certs").status == "running"


def test_it_stops_when_it_is_told_to(server):
    """`docker compose stop` doesn't wait for it: it ends at once, by itself."""
    container = server.project.container("certs")
    begin = monotonic()

    container.stop(timeout=20)

    assert monotonic() - begin < 10
    container.reload()
    assert container.attrs["State"]["ExitCode"] == 0
    container.start()
    server.project.wait_for("healthy", "certs")
