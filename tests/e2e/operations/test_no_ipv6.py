"""The server runs on a machine whose kernel has no IPv6."""

from collections.abc import Iterator

import pytest

from tests.support.faults.services import WHILE_RESTARTING
from tests.support.faults.without_ipv6 import METHODS, without_ipv6
from tests.support.harness.tiers import core_rows
from tests.support.server.server import PORTS

pytestmark = [
    # It may start before the resolver does.
    pytest.mark.provokes("certs", "the authority .* can't be reached"),
    pytest.mark.provokes("postfix", WHILE_RESTARTING),
    pytest.mark.provokes("postfix", "lookup error|quota-status"),
]

TRY = """
import socket
try: socket.socket(socket.AF_INET6).bind(("::1", 0))
except OSError: print("none")
"""


@pytest.fixture(scope="module", params=core_rows(METHODS, "not in the kernel"))
def method(request: pytest.FixtureRequest, server, certificates) -> Iterator[str]:
    """Have a machine without IPv6, by each of the METHODS."""
    with without_ipv6(server.project, request.param):
        yield request.param


def test_without_ipv6_all_services_are_healthy_and_mail_flows(
    method, server, alice, bob, stranger, subject
):
    """
    Without IPv6 all services are healthy, and mail goes in, out and between users.
    """
    project = server.project
    has = project.inside("dovecot", "python3", "-c", TRY)

    alice.send([bob.address, stranger.address], subject)
    stranger.send(alice.address, subject)

    assert has == b"none\n"
    assert bob.receive(subject)
    assert stranger.receive(subject)
    assert alice.receive(subject, port=143)
    for port in PORTS:
        with server.connect(port, server.trust):
            pass


def test_without_ipv6_a_certificate_is_issued(method, authorities, certificates):
    """Without IPv6 a certificate is issued by the challenge on port 80."""
    names = dict(zip(METHODS, ("imap.example.test", "smtp.example.test"), strict=True))

    certificates.issue(names[method])
