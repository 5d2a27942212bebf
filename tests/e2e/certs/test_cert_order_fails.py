"""A certificate order that fails gives a reason and a remedy, and changes nothing."""

import pytest

from tests.support.certs.certificates import asking
from tests.support.configuration.templates import settings
from tests.support.server.server import HOSTNAME

# What is asked for, of whom; and what the line for each problem says. What certbot says
# in other cases is read in tests/unit/renewal/acme/test_certbot_errors.py.
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
def test_an_order_that_fails_says_why_and_changes_nothing(server, certificates, order):
    """
    One line for each problem holds the reason and the remedy; each file is as it was,
    byte for byte, and every port serves what it served before.
    """
    host, names, said = ORDERS[order]
    before, served = certificates.files(), certificates.everywhere()

    with asking(server.project, f"https://{host}/dir"):
        done = certificates.issue("--force", *names, check=False)

    assert done.returncode == 1
    lines = [text for text in done.stderr.splitlines() if text.startswith("Error: ")]
    assert len(lines) == len(said)
    for line, expected in zip(sorted(lines), said, strict=True):
        assert all(words in line for words in expected)
    assert "Traceback" not in done.stderr
    assert certificates.files() == before
    assert certificates.everywhere() == served


def test_a_wrong_setting_is_told_before_anybody_is_asked(server, certificates):
    """
    Each line of .env is named, and what could stand there.

    The service certs goes by what was applied last, and a wrong .env never is.
    """
    keys = ("ACME_DIRECTORY", "ACME_CHALLENGE", "ACME_EMAIL")
    with settings(server.project, **dict.fromkeys(keys, "nonsense")):
        done = server.project.stack("init", "--yes", check=False)
        applied = server.project.inside("certs", "cat", "/project/.env")

    assert done.returncode == 4
    assert all(f"{key}=nonsense must be " in done.stderr for key in keys)
    assert b"nonsense" not in applied


def test_where_certbot_is_not_one_is_told_where_it_is(server):
    """The container `stack` asks no authority: it names the two commands that do."""
    done = server.project.stack("cert", "issue", "--force", check=False)

    assert done.returncode == 3
    assert "`docker compose up --detach --wait certs`" in done.stderr
    assert "`docker compose exec certs stack cert issue --force`" in done.stderr


@pytest.mark.usefixtures("issued")
def test_the_authority_that_forgets_us_is_told_of(server, certificates):
    """When it doesn't know our account, the remedy is to make another, and works."""
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
