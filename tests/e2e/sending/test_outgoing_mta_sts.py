"""
Mail to a domain with an MTA-STS policy goes to the servers it names, or it waits.

A policy that was fetched once holds for its max_age, whatever becomes of it on the way.
"""

import gzip
import time
from collections.abc import Callable

import pytest

from tests.support.mail.outgoing import connections, reason_to_wait, remove_waiting
from tests.support.server.project import Project
from tests.support.wait import wait_until
from tests.support.world.sink import Sink
from tests.support.world.sts import StsDomain

pytestmark = pytest.mark.usefixtures("transport")

MEGABYTE = 1024 * 1024


@pytest.fixture
def domain(server, world) -> Callable[[str], StsDomain]:
    """Return a domain by the first part of its name; its policy is gone afterwards."""
    made = []

    def make(name: str) -> StsDomain:
        made.append(StsDomain(server.project, world.policies, f"{name}.sts.test"))
        return made[-1]

    yield make
    for each in made:
        each.withdraw()


def forget_looks(project: Project) -> None:
    """Have tls-policy look at what is published again: for a minute it wouldn't."""
    project.container("tls-policy").restart()
    project.wait_for("healthy", "tls-policy")


def assert_waits(project: Project, alice, subject: str, to: StsDomain) -> str:
    """Send mail *to* a domain; check that it waits, and return the reason."""
    recipient = f"{subject.split()[-1]}@{to.name}"
    alice.send(recipient, subject)
    try:
        reason = reason_to_wait(project, recipient)
        for sink in ("sink-tls", "sink-plain"):
            assert not Sink(project, sink, to.name).sessions(subject)
    finally:
        remove_waiting(project, recipient)
    return reason


@pytest.mark.core
def test_a_server_that_the_policy_names_gets_mail(
    server, world, alice, subject, domain
):
    """A server that the policy names gets mail, and the log says "Verified"."""
    project, begin = server.project, time.time()
    right = domain("right")
    right.serve()

    with right.published(world.tls):
        alice.send(f"a@{right.name}", subject)
        received = Sink(project, "sink-tls", right.name).receive(subject)

    assert received.tls == "TLSv1.3"
    said = connections(project, f"mx.{right.name}", begin)
    assert "Verified TLS connection established" in said
    assert f"{right.name}: MTA-STS: mx mx.{right.name}" in project.said(
        "tls-policy", begin
    )


@pytest.mark.core
@pytest.mark.parametrize(
    ("name", "mx", "words"),
    [
        ("self-signed", (), "Server certificate not verified"),
        ("misnamed", (), "Server certificate not verified"),
        ("plain", (), "TLS is required, but was not offered"),
        ("unnamed", ("other.sts.test",), "its MTA-STS policy (RFC 8461) names others"),
    ],
)
@pytest.mark.provokes("postfix", "does not match STS MX pattern")
def test_mail_to_another_server_waits(
    server, world, alice, subject, domain, name, mx, words
):
    """
    Mail waits if the server has no TLS, or is not named by the policy.

    It also waits for a trusted certificate with the server's own name. The queue says
    why.
    """
    found = domain(name)
    found.serve(mx=mx)

    with found.published(world.sinks["plain.test"] if name == "plain" else world.tls):
        reason = assert_waits(server.project, alice, subject, found)

    assert words in reason


@pytest.mark.core
def test_a_policy_in_testing_mode_demands_nothing(
    server, world, alice, subject, domain
):
    """A policy in testing mode demands nothing: mail goes to any server."""
    testing = domain("testing")
    testing.serve("testing", ["other.sts.test"])

    with testing.published(world.sinks["plain.test"]):
        alice.send(f"a@{testing.name}", subject)
        assert Sink(server.project, "sink-plain", testing.name).receive(subject)


@pytest.mark.parametrize("gone", ["the policy", "the record", "the host"])
@pytest.mark.provokes("tls-policy", "STS policy fetch for domain .* failed")
def test_a_policy_that_is_gone_still_holds(server, world, alice, subject, domain, gone):
    """
    A policy that was fetched holds when it is gone, also after a restart.

    So an attacker who can keep us from it does not get mail in the clear.
    """
    project = server.project
    found = domain("downgraded")
    found.serve()
    with found.published(world.tls):
        alice.send(f"a@{found.name}", f"before {subject}")
        assert Sink(project, "sink-tls", found.name).receive(f"before {subject}")

    if gone == "the policy":
        found.withdraw()
    missing = {"the record": "TXT", "the host": "A"}.get(gone, "")
    with found.published(world.sinks["plain.test"], id="2", without=[missing]):
        forget_looks(project)
        reason = assert_waits(project, alice, f"after {subject}", found)

    assert "TLS is required, but was not offered" in reason


def unreadable(found: StsDomain, kind: str) -> None:
    """Have what is fetched as the policy of a domain be of this *kind*."""
    policy = b"version: STSv1\nmode: none\nmax_age: 604800\n"
    if kind == "redirect":
        place = "https://mta-sts.right.sts.test/.well-known/mta-sts.txt"
        found.answer(policy, status=302, headers={"Location": place})
    elif kind == "ten megabytes":
        found.answer(b"x: " + b"y" * MEGABYTE + b"\n", repeat=10)
    elif kind == "a compressed gigabyte":
        # Each of its parts is a whole file, so that making it takes no time.
        bomb = gzip.compress(bytes(64 * MEGABYTE), 1) * 16
        found.answer(bomb, headers={"Content-Encoding": "gzip"})
    elif kind == "a web page":
        found.answer(policy, headers={"Content-Type": "text/html"})
    elif kind == "a slow host":
        found.answer(policy, pause=20)
    else:
        found.answer(b"version: STSv1\nmode: enforce\nmx: a b\nmax_age: 60\n")


KINDS = (
    *("redirect", "ten megabytes", "a compressed gigabyte", "a web page"),
    *("a slow host", "nonsense"),
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.provokes("tls-policy", "STS policy fetch for domain .* failed")
def test_an_unreadable_policy_changes_nothing(
    server, world, alice, subject, domain, kind
):
    """
    A policy that redirects, is too large, slow or malformed changes nothing.

    The known one holds: here mail waits. tls-policy goes on within its memory.
    """
    project, begin = server.project, time.time()
    found = domain("kept")
    found.serve()
    with found.published(world.tls):
        alice.send(f"a@{found.name}", f"before {subject}")
        assert Sink(project, "sink-tls", found.name).receive(f"before {subject}")
    unreadable(found, kind)

    with found.published(world.sinks["plain.test"], id="2"):
        forget_looks(project)
        reason = assert_waits(project, alice, f"after {subject}", found)

    assert "TLS is required, but was not offered" in reason
    assert "its MTA-STS policy can't be used, the one it had holds" in project.said(
        "tls-policy", begin
    )
    assert not project.container("tls-policy").attrs["State"]["OOMKilled"]


@pytest.mark.core
@pytest.mark.provokes("tls-policy", "STS policy fetch for domain .* failed")
def test_a_policy_host_with_an_untrusted_certificate_is_not_believed(
    server, world, alice, subject, domain
):
    """
    A policy whose host has no trusted certificate is none; mail goes as without.

    So nobody can make up a policy for another's domain.
    """
    found, begin = domain("unreadable"), time.time()
    found.serve(mx=["other.sts.test"])

    with found.published(world.tls):
        alice.send(f"a@{found.name}", subject)
        assert Sink(server.project, "sink-tls", found.name).receive(subject)

    said = wait_until(
        lambda: server.project.said("tls-policy", begin), "what tls-policy says"
    )
    assert f"{found.name}: its MTA-STS policy can't be used, it has none" in said
