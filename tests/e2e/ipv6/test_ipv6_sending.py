"""Mail leaves on IPv6 if the address has the right names; else on IPv4 alone."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.support.configuration.reload import in_use, with_settings
from tests.support.server.queue import waiting
from tests.support.world import SIX
from tests.support.world.sink import Sink

# Without a PTR record.
NAMELESS = "2001:db8:25::26"

pytestmark = pytest.mark.usefixtures("sinks")

# On a busy machine `stack status` doesn't wait for what a port has to say.
hurried = pytest.mark.provokes(
    "postfix", "SSL_accept error .*: (lost|Connection reset)"
)


@pytest.fixture
def six(server) -> Sink:
    """Have the mail server that has no IPv4 address."""
    return Sink(server.project, "sink-six", SIX)


@contextmanager
def sending(server, **wanted: str) -> Iterator[str]:
    """Have other settings for a while; yield what .env says of our names then."""
    with in_use(server.project, with_settings(server.project, **wanted)):
        env = (server.project.folder / ".env").read_text()
        yield "".join(re.findall("^IPV6_NAMES=(.*)$", env, re.M))


def said(server) -> str:
    """What `stack status` says of sending."""
    lines = server.project.stack("status", check=False).stdout.splitlines()
    return "".join(line for line in lines if line.startswith("sending "))


@pytest.mark.core
def test_a_server_without_ipv4_gets_mail(server, world, alice, six, subject):
    """A domain whose server has no IPv4 address gets its mail, from our address."""
    alice.send(f"a@{SIX}", subject)

    assert six.receive(subject).client == world.postfix_ipv6


@hurried
@pytest.mark.core
def test_with_the_right_names_mail_leaves_on_ipv6(server, alice, six, subject):
    """With SEND_IPV6=auto, mail leaves on IPv6 if PTR and AAAA match MAIL_HOSTNAME."""
    with sending(server, SEND_IPV6="auto") as names:
        alice.send(f"a@{SIX}", subject)

        assert six.receive(subject)
        assert "open from" in said(server)
    assert names == "match"


@hurried
@pytest.mark.provokes("postfix", r"no MX host for six\.test|name=mx\.six\.test type=A")
def test_without_the_right_names_mail_leaves_on_ipv4(
    server, alice, stranger, six, subject
):
    """
    Without a PTR record that is MAIL_HOSTNAME, mail leaves on IPv4, and status says so.

    What can't leave on IPv4 goes back to its sender, with the reason.
    """
    address = f"a@{SIX}"
    with sending(server, SEND_IPV6="auto", PUBLIC_IPV6=NAMELESS) as names:
        alice.send(stranger.address, subject)
        alice.send(address, f"{subject} six")

        assert stranger.receive(subject)
        assert alice.receive("Undelivered Mail Returned to Sender")
        assert f"the PTR record of {NAMELESS} is missing" in said(server)
    assert names == "differ"
    assert six.sessions(f"{subject} six") == []
    assert waiting(server.project, address) == []
