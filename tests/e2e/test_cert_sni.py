"""Several domains, each with a certificate of its own"""

import pytest

from .acme import Authority
from .certificates import believer
from .front_door import everybody_refused
from .server import HOSTNAME

SECOND = "mail.second.test"


@pytest.fixture(scope="module")
def root(server, authorities) -> str:
    """Know the authority of this world."""
    return Authority(server.project).root


def test_two_domains_have_certificates_of_their_own(server, certificates, root):
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
    for kind in ("ECDSA", "RSA"):
        assert certificates.everywhere(SECOND, kind, root) == theirs[kind]
    for other in (HOSTNAME, "unknown.test", None):
        assert certificates.everywhere(other) == ours
    with everybody_refused(server.project):
        refused = certificates.served(25, believer(root, SECOND))
    assert {refused} == theirs["ECDSA"]

    certificates.cert("remove", SECOND)
    assert certificates.everywhere(SECOND) == ours


def test_one_certificate_may_be_for_several_domains(certificates, root):
    """All its names are served by it, and by nothing else."""
    certificates.issue(HOSTNAME, SECOND)

    (shown,) = certificates.shown()
    assert shown["hosts"] == [HOSTNAME, SECOND]
    for host in (HOSTNAME, SECOND):
        assert certificates.everywhere(host, root=root) == {shown["sha256"]}


def test_the_hosts_own_certificate_is_not_removed(certificates):
    """It is shown to all who ask for no other name: it can only be replaced."""
    before = certificates.files()

    done = certificates.cert("remove", HOSTNAME, check=False)

    assert done.returncode == 1
    assert "replace it" in done.stderr
    assert certificates.files() == before
