"""Several domains, each with a certificate of its own"""

from collections.abc import Iterator

import pytest

from .acme import Authority
from .certificates import Certificates, believer, put_back
from .front_door import everybody_refused
from .server import HOSTNAME, PORTS

SECOND = "mail.second.test"

# To see which kinds a port serves, clients ask that know one alone; some get none.
pytestmark = [
    pytest.mark.provokes("postfix", "SSL_accept error|TLS library problem"),
    pytest.mark.provokes("dovecot", r"SSL_accept\(\) failed"),
]


@pytest.fixture(scope="module")
def certificates(server, authorities) -> Iterator[Certificates]:
    """Begin and end with what was there."""
    with put_back(server) as found:
        yield found


def test_two_domains_have_certificates_of_their_own(server, certificates):
    """
    By SNI, on SMTP and IMAP, to clients of both kinds; who asks for neither gets ours.
    A client that is refused on port 25 sees no other certificates.
    """
    for host in (HOSTNAME, SECOND):
        certificates.issue("--rsa", host)

    root = Authority(server.project).root
    for host in (HOSTNAME, SECOND):
        for kind in ("ECDSA", "RSA"):
            for port in PORTS:
                client = believer(root, host, kind)
                with certificates.connect(port, client) as session:
                    assert kind in session.socket.cipher()[0]
    with (
        everybody_refused(server.project),
        certificates.connect(25, believer(root, SECOND)) as session,
    ):
        assert session.socket.getpeercert()
    ours = certificates.everywhere()
    assert certificates.everywhere("unknown.test") == ours
    assert certificates.everywhere(None) == ours
    assert certificates.everywhere(SECOND) != ours
    certificates.cert("remove", SECOND)
    assert certificates.everywhere(SECOND) == ours


def test_one_certificate_may_be_for_several_domains(server, certificates):
    """All its names are served by it, and by nothing else."""
    certificates.issue(HOSTNAME, SECOND)

    root = Authority(server.project).root
    for host in (HOSTNAME, SECOND):
        for port in PORTS:
            with certificates.connect(port, believer(root, host)) as session:
                assert session.socket.getpeercert()
    assert [each["hosts"] for each in certificates.shown()] == [[HOSTNAME, SECOND]]
    assert certificates.everywhere(SECOND) == certificates.everywhere()


def test_the_hosts_own_certificate_is_not_removed(server, certificates):
    """It is shown to all who ask for no other name: it can only be replaced."""
    before = certificates.files()

    done = certificates.cert("remove", HOSTNAME, check=False)

    assert done.returncode == 1
    assert "replace it" in done.stderr
    assert certificates.files() == before
