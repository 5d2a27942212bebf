"""Which certificates an authority renews, also without a state file."""

import pytest

from stack.renewal import requests
from stack.renewal.requests import CertificateRequest
from stack.renewal.state import state_file
from stack.system.errors import StackError
from tests.support.certs.authority import HOST, rsa_key
from tests.support.renewal.certbot_lab import certificate, keep, pem, remember, serve

HOSTS = (HOST, "imap.example.org")
ONE, TWO = certificate(*HOSTS), certificate(*HOSTS)
RSA = certificate(*HOSTS, key=rsa_key())


def known(project) -> list[CertificateRequest]:
    """Return the requests that are renewed."""
    return requests.issued(project, state_file.load(project))


def texts(found: dict) -> dict:
    """Return the bundles in *found* as files hold them."""
    return {file: each and each.pem for file, each in found.items()}


def waiting(project, request: CertificateRequest) -> list[str]:
    """Return the certificates of *request* that are not served yet, as PEM."""
    return [each.pem for each in requests.not_served(project, request)]


def test_request_is_named_by_its_first_host():
    """Without the wildcard label, and with each host once."""
    request = requests.for_hosts(
        ["*.example.org", "example.org", "*.example.org"], rsa=True
    )

    assert request == CertificateRequest(
        "example.org", ("*.example.org", "example.org"), rsa=True
    )
    assert request.rsa_lineage == "example.org.rsa"


def test_self_signed_certificate_is_not_renewed(ready):
    """Nor is what lies in certbot's folder, but is not served and never was."""
    keep(ready, "other.example", 1, certificate("other.example"))

    assert known(ready) == []


def test_issued_certificate_is_renewed(project):
    """Its hosts are those of the latest certificate."""
    keep(project, HOST, 1, ONE)
    remember(project, comes_from="authority")

    assert known(project) == [CertificateRequest(HOST, HOSTS)]


@pytest.mark.parametrize("version", [1, 2])
def test_without_state_the_served_certificate_is_recognised(project, version):
    """state.json was deleted. A served certificate of any version still counts."""
    keep(project, HOST, version, ONE)
    keep(project, HOST, 3 - version, TWO)
    serve(project, HOST, ONE)

    assert known(project) == [CertificateRequest(HOST, HOSTS)]


def test_without_state_a_foreign_certificate_is_not_renewed(project):
    """The served certificate was not issued here, so the operator has imported it."""
    keep(project, HOST, 1, ONE)
    serve(project, HOST, TWO)

    assert known(project) == []


@pytest.mark.parametrize("source", ["operator", "folder"])
def test_import_ends_the_renewal(project, source):
    """Also if it is the issued certificate itself."""
    keep(project, HOST, 1, ONE)
    serve(project, HOST, ONE)
    remember(project, comes_from=source)

    assert known(project) == []


def test_rsa_certificate_is_renewed_too(project):
    """By its lineage, whether or not it is served yet."""
    keep(project, HOST, 1, ONE)
    keep(project, f"{HOST}.rsa", 1, RSA)
    remember(project, comes_from="authority")

    assert known(project) == [CertificateRequest(HOST, HOSTS, rsa=True)]


def test_each_certificate_has_its_request(project):
    """In the order of their names."""
    for name in (HOST, "example.net"):
        issued = certificate(name)
        keep(project, name, 1, issued)
        serve(project, name, issued)

    assert [each.name for each in known(project)] == ["example.net", HOST]


def test_lost_lineage_is_not_renewed(project):
    """certbot's folder is gone, and with it the host names."""
    remember(project, comes_from="authority")

    assert known(project) == []


def test_latest_has_a_bundle_for_each_file(project):
    """The RSA file is None unless the request asks for it."""
    keep(project, HOST, 1, ONE)
    keep(project, HOST, 2, TWO)
    keep(project, f"{HOST}.rsa", 1, RSA)

    alone = requests.latest(project, CertificateRequest(HOST, HOSTS))
    both = requests.latest(project, CertificateRequest(HOST, HOSTS, rsa=True))

    assert texts(alone) == {f"{HOST}.pem": pem(TWO), f"{HOST}.rsa.pem": None}
    assert texts(both) == {f"{HOST}.pem": pem(TWO), f"{HOST}.rsa.pem": pem(RSA)}


@pytest.mark.parametrize("lineage", [HOST, f"{HOST}.rsa"])
def test_missing_lineage_is_named(project, lineage):
    """certbot reported success, but the files are missing."""
    other = f"{HOST}.rsa" if lineage == HOST else HOST
    keep(project, other, 1, RSA)

    with pytest.raises(StackError, match=f"^{lineage}: there is no certificate in"):
        requests.latest(project, CertificateRequest(HOST, HOSTS, rsa=True))


def test_certificate_with_new_key_is_not_served_yet(project):
    """A renewal with the same key needs no rollover."""
    keep(project, HOST, 1, ONE)
    serve(project, HOST, certificate(key=ONE.key))
    assert waiting(project, CertificateRequest(HOST, HOSTS)) == []

    keep(project, HOST, 2, TWO)

    assert waiting(project, CertificateRequest(HOST, HOSTS)) == [pem(TWO)]


def test_rsa_certificate_with_new_key_is_not_served_yet(project):
    """If the request asks for it."""
    keep(project, HOST, 1, ONE)
    keep(project, f"{HOST}.rsa", 1, RSA)
    serve(project, HOST, ONE)

    assert waiting(project, CertificateRequest(HOST, HOSTS, rsa=True)) == [pem(RSA)]
    assert waiting(project, CertificateRequest(HOST, HOSTS)) == []
