"""Delivery processes serve many messages, and see each change of the accounts."""

import re
from time import time

import pytest

from tests.support.configuration.templates import await_applied, replaced
from tests.support.mail.lmtp import lmtp_client, lmtp_deliver
from tests.support.mail.message import letter

CONNECTIONS = 20


@pytest.fixture(scope="module")
def lmtp(server):
    """Have a container that can deliver to Dovecot by LMTP."""
    with lmtp_client(server.project) as container:
        yield container


@pytest.mark.core
def test_an_lmtp_process_delivers_several_messages(server, lmtp, alice, subject):
    """An LMTP process delivers several messages, as starting one is expensive."""
    began = time()

    codes = [
        lmtp_deliver(
            lmtp, (alice.address, letter("a@outside.test", alice.address, subject))
        )
        for _ in range(CONNECTIONS)
    ]

    log = server.project.said("dovecot", began)
    processes = set(re.findall(rf"lmtp\({re.escape(alice.address)}\)<(\d+)>", log))
    assert codes == [[250]] * CONNECTIONS
    # A process that is not idle yet takes no other message: more run on a busy machine.
    assert 1 <= len(processes) <= CONNECTIONS / 2


def test_an_lmtp_process_ends_when_the_configuration_changes(
    server, lmtp, alice, subject
):
    """
    After a change of the configuration the next message is delivered by a new process.
    """
    first, second = (
        letter("a@outside.test", alice.address, f"{subject} {when}")
        for when in ("before", "after")
    )

    lmtp_deliver(lmtp, (alice.address, first))
    old, new = "hostname = {{ mail_hostname }}", "hostname = changed.example.test"
    with replaced(server.project, "dovecot/dovecot.conf.j2", old, new):
        await_applied(server.project, "dovecot")
        lmtp_deliver(lmtp, (alice.address, second))
    await_applied(server.project, "dovecot")

    received = alice.receive(f"{subject} after").all("Received")[0]
    assert "by changed.example.test" in received
