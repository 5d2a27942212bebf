"""Orders that fail: a reason, a remedy, and the old certificate untouched"""

from collections.abc import Iterator

import pytest

from .acme import Authority
from .certificates import Certificates, asking, put_back
from .configuration import settings
from .server import HOSTNAME

# What is asked for, of whom, and how; and what the one line says of it.
ORDERS = {
    "the name does not resolve": (
        "acme.ca.test",
        ("nowhere.example.test",),
        ("nowhere.example.test doesn't resolve", "publish the address"),
    ),
    "port 80 is closed": (
        "acme.ca.test",
        ("refused.example.test",),
        (
            "refused.example.test: the authority doesn't get through to port 80",
            "firewall",
        ),
    ),
    "port 80 is blocked": (
        "acme.ca.test",
        ("blocked.example.test",),
        (
            "blocked.example.test: the authority doesn't get through to port 80",
            "firewall",
        ),
    ),
    "the authority is down": (
        "acme.ca.test:14001",
        (HOSTNAME,),
        ("the authority https://acme.ca.test:14001/dir can't be reached", "outage"),
    ),
    "the authority is nowhere": (
        "none.ca.test",
        (HOSTNAME,),
        (
            "the authority https://none.ca.test:14000/dir can't be reached",
            "ACME_DIRECTORY",
        ),
    ),
    "the authority is no authority": (
        "acme.ca.test:15000",
        (HOSTNAME,),
        ("https://acme.ca.test:15000/dir is not an ACME directory", "ACME_DIRECTORY"),
    ),
    "too many were issued": (
        "busy.ca.test",
        (HOSTNAME,),
        ("gives no more for now: wait", "too many certificates (5) already issued"),
    ),
    "the authority serves customers only": (
        "eab.ca.test",
        ("imap.example.test",),
        ("wants a key that it gave you", "--eab-kid"),
    ),
    "all names of a domain by HTTP": (
        "acme.ca.test",
        ("*.example.test",),
        ("names with a * only for a record in the DNS", "ACME_CHALLENGE"),
    ),
}


@pytest.fixture(scope="module")
def certificates(server, authorities) -> Iterator[Certificates]:
    """Have a certificate of an authority already, as before a renewal."""
    with put_back(server) as found:
        found.issue()
        yield found


def directory(host: str) -> str:
    """The directory at *host*, or at host:port."""
    return f"https://{host if ':' in host else f'{host}:14000'}/dir"


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_that_fails_says_why_and_changes_nothing(server, certificates, order):
    """
    One line holds the reason and the remedy; each file is as it was, byte for byte.

    What every port serves is what it served before.
    """
    host, names, said = ORDERS[order]
    before, served = certificates.files(), certificates.everywhere()

    with asking(server.project, directory(host)):
        done = certificates.issue("--force", *names, check=False)

    assert done.returncode == 1
    (line,) = [text for text in done.stderr.splitlines() if text.startswith("Error: ")]
    assert all(words in line for words in said)
    assert "Traceback" not in done.stderr
    assert certificates.files() == before
    assert certificates.everywhere() == served == {certificates.of()["sha256"]}


def test_each_name_that_fails_is_told(certificates):
    """Of several names on one certificate, each that fails has a line of its own."""
    done = certificates.issue(
        HOSTNAME, "nowhere.example.test", "refused.example.test", check=False
    )

    lines = [text for text in done.stderr.splitlines() if text.startswith("Error: ")]
    assert len(lines) == 2
    assert {line.split()[1].strip(":") for line in lines} == {
        "nowhere.example.test",
        "refused.example.test",
    }


def test_a_renewal_that_fails_is_remembered_until_it_succeeds(server, certificates):
    """`cert check` and `cert show` tell of it, with reason and time of the next try."""
    project = server.project
    with asking(project, directory("busy.ca.test")):
        certificates.cert("renew", "--force", check=False)

    checked = project.stack("cert", "check", check=False)
    assert checked.returncode == 1
    assert "renewal has failed" in checked.stderr
    assert "too many certificates" in checked.stderr
    assert "is tried again at" in certificates.of()["remark"]

    certificates.cert("renew")

    assert project.stack("cert", "check").returncode == 0
    assert certificates.of()["remark"] == ""


@pytest.mark.parametrize("key", ["ACME_DIRECTORY", "ACME_CHALLENGE", "ACME_EMAIL"])
def test_a_wrong_setting_is_told_before_anybody_is_asked(server, certificates, key):
    """The line of .env is named, and what could stand there."""
    with settings(server.project, **{key: "nonsense"}):
        done = certificates.issue(check=False)

    assert done.returncode == 4
    assert f"{key}=nonsense must be " in done.stderr


def test_where_certbot_is_not_one_is_told_where_it_is(server):
    """The container `stack` asks no authority: it names the two commands that do."""
    done = server.project.stack("cert", "issue", "--force", check=False)

    assert done.returncode == 3
    assert "`docker compose up --detach --wait certs`" in done.stderr
    assert "`docker compose exec certs stack cert issue --force`" in done.stderr


def test_the_authority_that_forgets_us_is_told_of(server, certificates):
    """After it has lost our account, the remedy is to make another, and works."""
    short = Authority(server.project, "short.ca.test")
    with asking(server.project, short):
        certificates.issue("smtp.example.test")
        server.project.container("ca-short").restart()
        server.project.wait_for("healthy", "ca-short")

        done = certificates.cert("renew", "--force", "smtp.example.test", check=False)
        assert "doesn't know our account any more" in done.stderr
        server.project.as_root("rm -r var/acme/certbot/accounts/short.ca.test:14000")
        certificates.issue("--force", "smtp.example.test")

    certificates.cert("remove", "smtp.example.test")
