"""Several domains can each have a certificate of their own (SNI)."""

import pytest

from tests.support.certs.acme import Authority
from tests.support.clients.container import run_beside
from tests.support.server.server import HOSTNAME

# To see which kinds a port serves, clients ask that know one alone; some get none.
pytestmark = [
    pytest.mark.provokes("postfix", "SSL_accept error|TLS library problem"),
    pytest.mark.provokes("dovecot", r"SSL_accept\(\) failed"),
]

SECOND, THIRD = "mail.second.test", "imap.second.test"


@pytest.mark.usefixtures("authorities")
def test_two_domains_have_certificates_of_their_own(server, certificates, world):
    """
    By SNI, on SMTP and IMAP, to clients of both kinds; who asks for neither gets ours.
    A client that is refused on port 25 sees no other certificates.
    """
    ours = certificates.everywhere()

    certificates.issue("--rsa", SECOND)

    theirs = {
        each["key"].split()[0]: {each["sha256"]}
        for each in certificates.shown()
        if each["name"] == SECOND
    }
    root = Authority(server.project).root
    for kind in ("ECDSA", "RSA"):
        assert certificates.everywhere(SECOND, kind, root) == theirs[kind]
    for other in (HOSTNAME, "unknown.test", None):
        assert certificates.everywhere(other) == ours
    where = (server.project, f"{server.project.name}_world", "sni_certificate")
    for host, expected in ((SECOND, theirs["ECDSA"]), ("unknown.test", ours)):
        assert {run_beside(*where, world.postfix, host)} == expected

    certificates.cert("remove", SECOND)
    assert certificates.everywhere(SECOND) == ours


@pytest.mark.core
def test_one_certificate_may_be_for_several_domains(certificates):
    """All its names are served by it, and by nothing else."""
    certificates.cert("self-signed", HOSTNAME, THIRD)

    shown = certificates.of()
    assert shown["hosts"] == [HOSTNAME, THIRD]
    for host in (HOSTNAME, THIRD):
        assert certificates.everywhere(host) == {shown["sha256"]}


@pytest.mark.core
def test_the_hosts_own_certificate_is_not_removed(certificates):
    """It is shown to all who ask for no other name: it can only be replaced."""
    before = certificates.files()

    done = certificates.cert("remove", HOSTNAME, check=False)

    assert done.returncode == 1
    assert "replace it" in done.stderr
    assert certificates.files() == before
