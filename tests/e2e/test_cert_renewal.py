"""The service certs renews by itself, and says so when it can't"""

from collections.abc import Iterator
from datetime import UTC, datetime
from time import monotonic, time

import pytest

from .acme import Authority
from .certificates import Certificates, asking, believing, put_back, stranger
from .configuration import settings
from .message import letter
from .server import HOSTNAME
from .wait import wait_until

pytestmark = pytest.mark.provokes("certs", "^Error: .*(outage|postmaster)")


@pytest.fixture(scope="module")
def certificates(server) -> Iterator[Certificates]:
    """Have an authority whose certificates last a minute."""
    short = Authority(server.project, "short.ca.test")
    with (
        put_back(server) as found,
        asking(server.project, short),
        believing(server, short.root),
    ):
        yield found


def test_a_certificate_is_renewed_before_its_minute_is_over(server, certificates):
    """By the service, which nobody has told to; every port serves the next one."""
    certificates.issue()
    first = certificates.of()

    def is_replaced() -> bool:
        certificates.look_again()
        return certificates.of()["sha256"] != first["sha256"]

    wait_until(is_replaced, "another certificate", within=60)
    assert datetime.now(UTC) < datetime.fromisoformat(first["not_after"])
    certificates.proven()
    assert certificates.of()["not_after"] > first["not_after"]
    assert certificates.everywhere() == {certificates.of()["sha256"]}


def test_a_renewal_that_fails_is_told_and_not_repeated_at_once(
    server, certificates, alice
):
    """
    Logged, shown by `check` and `status`, mailed to the postmaster once a day, and
    tried again only after a while; the service is unhealthy, the old one served.
    """
    project, begin = server.project, time()
    certificates.issue("--force")
    before = certificates.everywhere()
    with asking(project, "https://short.ca.test:14001/dir"):
        certificates.look_again()
        wait_until(
            lambda: "can't be reached" in project.said("certs", begin), "a failure"
        )
        told = alice.receive(f"The certificate {HOSTNAME} needs your attention")
        looks = project.said("certs", begin).count("Next look")
        certificates.look_again()
        wait_until(
            lambda: project.said("certs", begin).count("Next look") > looks, "a look"
        )

    assert project.said("certs", begin).count("can't be reached") == 1
    assert "renewal has failed once" in told.message.get_content()
    assert alice.subjects().count(told.message["Subject"]) == 1
    checked = project.stack("cert", "check", check=False)
    assert checked.returncode == 1
    assert "renewal has failed once" in checked.stderr
    shown = project.stack("status", check=False)
    assert shown.returncode == 1
    assert f"certificate  {HOSTNAME}" in shown.stdout
    assert "renewal has failed once" in shown.stdout
    assert certificates.cert("renew", "--healthy", check=False).returncode == 1
    assert certificates.everywhere() == before


def test_mail_comes_in_with_a_certificate_that_has_ended(
    server, certificates, spammer, bob, subject
):
    """It is said loudly to the operator, and other servers deliver all the same."""
    wait_until(
        lambda: "expired on" in certificates.of()["remark"], "the end", within=90
    )

    message = letter("a@outside.test", bob.address, subject)
    with certificates.connect(25, stranger(HOSTNAME)) as session:
        assert session.deliver(message, "a@outside.test", [bob.address]).code == 250
    checked = server.project.stack("cert", "check", check=False)
    assert checked.returncode == 1
    assert "expired" in checked.stdout


def test_it_recovers_by_itself(server, certificates):
    """When the authority answers again, the next try succeeds, and all is well."""
    certificates.cert("renew")

    certificates.proven()
    assert certificates.of()["remark"] == ""
    assert certificates.cert("renew", "--healthy").returncode == 0


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
