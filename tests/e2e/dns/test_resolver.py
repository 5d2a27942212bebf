"""All names are looked up by our own resolver, which checks DNSSEC."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from docker.models.containers import Container

from stack.apply.render import render
from stack.certs.store import Served
from stack.config.settings import Settings
from tests.support.certs.acme import with_records
from tests.support.clients.dialogue import Smtp
from tests.support.faults.services import stopped
from tests.support.server.project import ADDRESS, Project
from tests.support.server.resolver import await_health, resolves, zone_key
from tests.support.wait import wait_until
from tests.support.world import OUTSIDE
from tests.support.world.zones.own_zones import SIGNED

# Docker's, for a bridge: docker-network-create(1).
MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade"


@pytest.mark.core
def test_every_container_asks_our_resolver(server):
    """
    Every container that looks up names asks our resolver, and no other name server.

    Compose is asked, which also knows the services that run only if an operator wants
    them.
    """
    project = server.project
    known = project.compose("--profile=*", "config", "--format=json").stdout
    services = json.loads(known)["services"]
    address = project.networks("resolver")[f"{project.name}_names"]["IPAddress"]

    asked = {
        name: service.get("dns")
        for name, service in services.items()
        if "names" in (service.get("networks") or {}) and name != "resolver"
    }

    assert {"postfix", "dkim-verify", "clamav", "tls-policy"} < asked.keys()
    assert all(servers == [address] for servers in asked.values()), asked


@pytest.mark.core
def test_a_filter_resolves_names_and_reaches_nothing_else(server, world):
    """
    A mail filter resolves names through the resolver, and reaches no host outside.

    Whoever takes over a filter by a message can't fetch anything, or send anything out.
    """
    find = f"import socket; print(socket.gethostbyname('mx.{OUTSIDE}'))"
    reach = f"import socket; socket.create_connection(('{world.outside}', 25), 3)"

    found = server.project.inside("dkim-verify", "python3", "-c", find)
    code, _ = server.project.container("dkim-verify").exec_run(["python3", "-c", reach])

    assert found.decode().strip() == world.outside
    assert code != 0


@pytest.mark.core
@pytest.mark.parametrize("service", ["dkim-verify", "spamassassin"])
def test_no_network_of_a_filter_reaches_the_internet(server, service):
    """Each network of a filter is internal, or has no masquerading."""
    client = server.project.docker
    for name in server.project.networks(service):
        network = client.networks.get(name).attrs
        assert network["Internal"] or network["Options"][MASQUERADE] == "false", name


@pytest.mark.core
def test_an_answer_is_cached_for_its_ttl(server):
    """The resolver caches an answer for its TTL."""
    with with_records(server.project, "kept.test. 600 A 192.0.2.7"):
        assert resolves(server.project, "kept.test")

    assert resolves(server.project, "kept.test")


@pytest.mark.core
def test_the_resolver_is_not_published(server):
    """No port of the resolver is published, so it is no open resolver."""
    assert not server.project.container("resolver").ports


@pytest.mark.core
@pytest.mark.provokes("postfix", "dnsblog_query: lookup error")
def test_a_resolver_without_upstream_answers_is_unhealthy(server, world):
    """
    A resolver whose name servers are silent is unhealthy and names them.

    `stack status` shows it, too. It is healthy again when they answer.
    """
    project = server.project

    with stopped(project, "dns"):
        wait_until(lambda: not project.probe("resolver")[0], "an unhealthy resolver")
        _, said = project.probe("resolver")
        status = project.stack("status", check=False)

    assert f"no answer from RESOLVER_UPSTREAM ({world.dns}" in said
    assert re.search("names +resolver +no name server answers", status.stdout)
    assert status.returncode == 1
    project.wait_for("healthy", "resolver")
    await_health(project)


def test_an_upstream_that_strips_dnssec_is_reported(server, world):
    """If RESOLVER_UPSTREAM strips DNSSEC signatures, health names RESOLVER_DNSSEC."""
    text = rendered(server.project, resolver_upstream=world.dns)

    with run_resolver(server.project, text, "world") as resolver:
        code, said = wait_until(lambda: names_answered(resolver), "what it says")

    assert code == 1
    assert "RESOLVER_DNSSEC=no" in said


def test_without_internet_the_resolver_is_healthy_for_ten_minutes(server):
    """
    Without an internet connection the resolver is healthy for ten minutes, then not.

    So all services start, and work for local users.
    """
    with run_resolver(
        server.project, rendered(server.project), network_mode="none"
    ) as lone:
        at_first = wait_until(lambda: names_answered(lone), "what it says")
        lone.exec_run(["touch", "-d", "10 minutes ago", "/run/names-asked"])
        later = names_answered(lone)

    assert (at_first[0], later[0]) == (0, 1)
    assert "no name server of the internet answers" in at_first[1]
    assert "port 53" in later[1]


def names_answered(resolver: Container) -> tuple[int, str] | None:
    """Return the exit code and output of names-answered; nothing while it starts."""
    alive = ["drill", "-Q", "TXT", "alive.resolver.internal", "@127.0.0.1"]
    if b"yes" not in resolver.exec_run(alive).output:
        return None
    code, said = resolver.exec_run(["names-answered"])
    return code, said.decode()


@pytest.mark.provokes("postfix", "dnsblog_query: lookup error")
def test_without_the_resolver_the_other_services_start_and_mail_is_deferred(
    server, alice, subject
):
    """While the resolver is down, the other services start, and port 25 defers mail."""
    project = server.project
    others = ("postfix", "dovecot", "dkim-verify", "spamassassin")

    with stopped(project, "resolver"):
        project.compose("restart", "--no-deps", *others)
        for service in others:
            project.wait_for("healthy", service)
        with Smtp(ADDRESS, server.port(25)) as session:
            session.ehlo()
            session.say(f"MAIL FROM:<a@{OUTSIDE}>")
            put_off = session.say(f"RCPT TO:<{alice.address}>")

    assert put_off.code == 450
    wait_until(lambda: resolves(project, f"mx.{OUTSIDE}"), "an answer")
    alice.send([alice.address], subject)
    assert alice.receive(subject)


@contextmanager
def run_resolver(
    project: Project, text: str, network: str = "", **options: object
) -> Iterator[Container]:
    """Run a second resolver on the configuration *text*, in a *network* of ours."""
    start = (
        'mkdir -p /live/current; printf %s "$CONF" > /live/current/unbound.conf;'
        " exec unbound -d -p -c /live/current/unbound.conf"
    )
    where = {"network": f"{project.name}_{network}"} if network else options
    container = project.docker.containers.run(
        project.container("resolver").image.tags[0],
        ["-euc", start],
        entrypoint="sh",
        environment={"CONF": text},
        tmpfs={"/run": "", "/live": "uid=5008"},
        detach=True,
        **where,
    )
    try:
        yield container
    finally:
        container.remove(force=True)


def rendered(project: Project, **wanted: str) -> str:
    """Return the configuration as an operator has it, with *wanted* keys of .env."""
    names = {"mail_domain": "example.test", "mail_hostname": "mail.example.test"}
    settings = Settings(**names, **wanted)
    found = render(project.folder / "config", settings, [], Served(("x.pem",), ()))
    return found["resolver/unbound.conf"]


def run_validating(project: Project, upstream: str, anchors: str):
    """Run a second resolver that validates DNSSEC with *anchors*, too."""
    text = rendered(project, resolver_upstream=upstream)
    text = re.sub(r"(?m)^( +trust-anchor-file: .*)$", rf"\1\n{anchors}", text)
    return run_resolver(project, text, "world")


def answer(container: Container, rcode: str = "") -> str:
    """Wait for an answer about the signed zone, as drill(1) prints it."""

    def look() -> str:
        asked = ["drill", "-D", f"mail.{SIGNED}", "@127.0.0.1"]
        said = str(container.exec_run(asked)[1].decode())
        return said if f"rcode: {rcode}" in said else ""

    return wait_until(look, f"an answer {rcode}")


@pytest.mark.core
def test_a_dnssec_answer_is_validated(server, world, authorities):
    """
    An answer signed with the zone's key is authenticated; one with another key fails.

    RFC 4035, 3.2.3: the forged answer is SERVFAIL, so nobody on the way can make one
    up.
    """
    project = server.project
    key = zone_key(project, SIGNED, world.names)
    # With one letter of the trust anchor changed, the answers count as forged.
    head, _, material = key.rpartition(" ")
    turned = ("A" if material[9] != "A" else "B").join((material[:9], material[10:]))

    with run_validating(project, world.names, f'trust-anchor: "{key}"') as resolver:
        proven = answer(resolver, "NOERROR")
    with run_validating(
        project, world.names, f'trust-anchor: "{head} {turned}"'
    ) as other:
        forged = answer(other)
        # With the CD bit, which asks for no validation, it is there (RFC 4035, 3.2.2).
        asked = ["drill", "-o", "CD", f"mail.{SIGNED}", "@127.0.0.1"]
        unproven = other.exec_run(asked)[1].decode()

    assert re.search(r";; flags: .*\bad\b", proven)
    assert "rcode: SERVFAIL" in forged
    assert "rcode: NOERROR" in unproven
