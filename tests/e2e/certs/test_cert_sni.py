"""Several domains can each have a certificate of their own (SNI)."""

import pytest

from tests.support.certs.acme import Authority
from tests.support.clients.container import run_in_container
from tests.support.server.server import HOSTNAME

# To see which kinds a port serves, clients ask that know one alone; some get none.
pytestmark = [
    pytest.mark.provokes("postfix", "SSL_accept error|TLS library problem"),
    pytest.mark.provokes("dovecot", r"SSL_accept\(\) failed"),
]

SECOND, THIRD = "mail.second.test", "imap.second.test"


@pytest.mark.usefixtures("authorities")
def test_each_domain_gets_its_own_certificate_by_sni(server, certificates, world):
    """
    A client gets the certificate of the name it asks for by SNI, on every port.

    A client that asks for an unknown name or for none gets the host's own. So does a
    client that postscreen refuses.
    """
    ours = certificates.served_everywhere()

    certificates.issue("--rsa", SECOND)

    theirs = {
        each["key"].split()[0]: {each["sha256"]}
        for each in certificates.shown()
        if each["name"] == SECOND
    }
    root = Authority(server.project).root
    for kind in ("ECDSA", "RSA"):
        assert certificates.served_everywhere(SECOND, kind, root) == theirs[kind]
    for other in (HOSTNAME, "unknown.test", None):
        assert certificates.served_everywhere(other) == ours
    where = (server.project, f"{server.project.name}_world", "sni_certificate")
    for host, expected in ((SECOND, theirs["ECDSA"]), ("unknown.test", ours)):
        assert {run_in_container(*where, world.postfix, host)} == expected

    certificates.cert("remove", SECOND)
    assert certificates.served_everywhere(SECOND) == ours


@pytest.mark.core
def test_one_certificate_may_cover_several_names(certificates):
    """One certificate for several names is served for each of them."""
    certificates.cert("self-signed", HOSTNAME, THIRD)

    shown = certificates.of()
    assert shown["hosts"] == [HOSTNAME, THIRD]
    for host in (HOSTNAME, THIRD):
        assert certificates.served_everywhere(host) == {shown["sha256"]}


@pytest.mark.core
def test_the_hosts_own_certificate_can_not_be_removed(certificates):
    """`cert remove` refuses the host's own certificate, which can only be replaced."""
    before = certificates.files()

    done = certificates.cert("remove", HOSTNAME, check=False)

    assert done.returncode == 1
    assert "replace it" in done.stderr
    assert certificates.files() == before
