"""A certificate order that fails gives a reason and a remedy, and changes nothing."""

import pytest

from tests.support.certs.certificates import with_authority
from tests.support.configuration.templates import settings
from tests.support.server.server import HOSTNAME

# The authority, the names, and words of the line for each problem. Other messages of
# certbot are tested in tests/unit/renewal/acme/test_certbot_errors.py.
ORDERS = {
    "a name that doesn't resolve and a closed port 80": (
        "acme.ca.test:14000",
        (HOSTNAME, "nowhere.example.test", "refused.example.test"),
        [
            ("nowhere.example.test doesn't resolve", "publish the address"),
            (
                "refused.example.test: the authority doesn't get through to port 80",
                "firewall",
            ),
        ],
    ),
    "the authority is down": (
        "acme.ca.test:14001",
        (HOSTNAME,),
        [("the authority https://acme.ca.test:14001/dir can't be reached", "outage")],
    ),
    "too many were issued": (
        "busy.ca.test:14000",
        (HOSTNAME,),
        [("gives no more for now: wait", "too many certificates (5) already issued")],
    ),
}


@pytest.mark.core
@pytest.mark.usefixtures("issued")
@pytest.mark.parametrize("order", ORDERS)
def test_a_failed_order_gives_reason_and_remedy_and_changes_nothing(
    server, certificates, order
):
    """
    A failed order prints one line for each problem, with the reason and the remedy.

    Each file is as it was, and every port serves what it served before.
    """
    host, names, said = ORDERS[order]
    before, served = certificates.files(), certificates.served_everywhere()

    with with_authority(server.project, f"https://{host}/dir"):
        done = certificates.issue("--force", *names, check=False)

    assert done.returncode == 1
    lines = [text for text in done.stderr.splitlines() if text.startswith("Error: ")]
    assert len(lines) == len(said)
    for line, expected in zip(sorted(lines), said, strict=True):
        assert all(words in line for words in expected)
    assert "Traceback" not in done.stderr
    assert certificates.files() == before
    assert certificates.served_everywhere() == served


def test_invalid_acme_settings_are_refused_before_any_order(server, certificates):
    """
    `stack init` refuses each invalid ACME setting, and names what it may be.

    The service `certs` goes on with the last valid .env.
    """
    keys = ("ACME_DIRECTORY", "ACME_CHALLENGE", "ACME_EMAIL")
    with settings(server.project, **dict.fromkeys(keys, "nonsense")):
        done = server.project.stack("init", "--yes", check=False)
        applied = server.project.inside("certs", "cat", "/project/.env")

    assert done.returncode == 4
    assert all(f"{key}=nonsense must be " in done.stderr for key in keys)
    assert b"nonsense" not in applied


def test_cert_issue_in_the_container_stack_names_the_service_certs(server):
    """In the container `stack`, `cert issue` names the two commands that can do it."""
    done = server.project.stack("cert", "issue", "--force", check=False)

    assert done.returncode == 3
    assert "`docker compose up --detach --wait certs`" in done.stderr
    assert "`docker compose exec certs stack cert issue --force`" in done.stderr


@pytest.mark.usefixtures("issued")
def test_an_account_unknown_to_the_authority_is_reported(server, certificates):
    """
    When the authority doesn't know our account any more, the message gives the remedy.

    After the remedy an order works again.
    """
    accounts = "var/acme/certbot/accounts"
    number = r"s,/my-account/[^\"]*,/my-account/0,"
    find = f"find {accounts}/acme.ca.test:14000 -name regr.json"
    server.project.as_root(f"{find} -exec sed -i '{number}' {{}} +")

    order = ("--dry-run", "smtp.example.test")
    refused = certificates.issue(*order, check=False)
    server.project.as_root(f"rm -r {accounts}")
    rehearsed = certificates.issue(*order)

    assert refused.returncode == 1
    assert "doesn't know our account any more" in refused.stderr
    assert "a certificate would be issued" in rehearsed.stderr
