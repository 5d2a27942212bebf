"""The names of the internet, as our containers find them out."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from docker.models.containers import Container

from stack.apply.render import render
from stack.certs.store import Served
from stack.config.settings import Settings
from tests.support.certs.acme import published
from tests.support.clients.dialogue import Smtp
from tests.support.faults.services import stopped
from tests.support.server.project import ADDRESS, Project
from tests.support.server.resolver import await_health, resolves
from tests.support.wait import wait_until
from tests.support.world import OUTSIDE
from tests.support.world.zones import SIGNED

# Docker's, for a bridge: docker-network-create(1).
MASQUERADE = "com.docker.network.bridge.enable_ip_masquerade"


@pytest.mark.core
def test_who_looks_up_names_asks_our_resolver(server):
    """
    No container asks a name server of the machine or of the provider.

    Asked of Compose, which knows also of those that run only if an operator wants them.
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

    assert {"postfix", "dkim-verify", "clamav", "rule-updater"} < asked.keys()
    assert all(servers == [address] for servers in asked.values()), asked


@pytest.mark.core
def test_a_filter_finds_a_name_and_no_way_out(server, world):
    """
    What judges mail asks the resolver for any name, and reaches nothing else.

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
def test_no_network_of_a_filter_leads_to_the_internet(server, service):
    """Each is internal, or has no address to give that could be answered."""
    client = server.project.docker
    for name in server.project.networks(service):
        network = client.networks.get(name).attrs
        assert network["Internal"] or network["Options"][MASQUERADE] == "false", name


@pytest.mark.core
def test_what_was_asked_is_remembered(server):
    """For as long as the answer says, also when its own name server has it no more."""
    with published(server.project, "kept.test. 600 A 192.0.2.7"):
        assert resolves(server.project, "kept.test")

    assert resolves(server.project, "kept.test")


@pytest.mark.core
def test_the_resolver_is_not_the_worlds(server):
    """No port of it is published: it can't be used to flood others with answers."""
    assert not server.project.container("resolver").ports


@pytest.mark.core
@pytest.mark.provokes("postfix", "dnsblog_query: lookup error")
def test_a_resolver_without_answers_is_unhealthy(server, world):
    """
    It says which name servers are silent, and `stack status` that there is no answer.

    It is well again by itself when they answer.
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


def test_what_cannot_be_proven_is_no_answer(server, world):
    """With signatures taken off on the way, RESOLVER_DNSSEC is named."""
    text = rendered(server.project, resolver_upstream=world.dns)

    with alone(server.project, text, "world") as resolver:
        code, said = wait_until(lambda: told_by(resolver), "what it says")

    assert code == 1
    assert "RESOLVER_DNSSEC=no" in said


def test_a_machine_without_a_line_starts_and_says_so_later(server):
    """
    Who has no line at all has a server that starts, and works for those who are there.

    After ten minutes without an answer the resolver is unhealthy; nothing waits for it.
    """
    with alone(server.project, rendered(server.project), network_mode="none") as lone:
        at_first = wait_until(lambda: told_by(lone), "what it says")
        lone.exec_run(["touch", "-d", "10 minutes ago", "/run/names-asked"])
        later = told_by(lone)

    assert (at_first[0], later[0]) == (0, 1)
    assert "no name server of the internet answers" in at_first[1]
    assert "port 53" in later[1]


def told_by(resolver: Container) -> tuple[int, str] | None:
    """Return whether names are answered, and what is said; nothing while it starts."""
    alive = ["drill", "-Q", "TXT", "alive.resolver.internal", "@127.0.0.1"]
    if b"yes" not in resolver.exec_run(alive).output:
        return None
    code, said = resolver.exec_run(["names-answered"])
    return code, said.decode()


@pytest.mark.provokes("postfix", "dnsblog_query: lookup error")
def test_without_the_resolver_mail_waits_and_the_stack_starts(server, alice, subject):
    """All else starts while it is down, and what it would have decided is put off."""
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
def alone(
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


def validating(project: Project, upstream: str, anchors: str):
    """Run a second resolver as an operator has it, which believes *anchors*, too."""
    text = rendered(project, resolver_upstream=upstream)
    text = re.sub(r"(?m)^( +trust-anchor-file: .*)$", rf"\1\n{anchors}", text)
    return alone(project, text, "world")


def answer(container: Container, rcode: str = "") -> str:
    """Wait for an answer about the signed zone, as drill(1) prints it."""

    def look() -> str:
        asked = ["drill", "-D", f"mail.{SIGNED}", "@127.0.0.1"]
        said = str(container.exec_run(asked)[1].decode())
        return said if f"rcode: {rcode}" in said else ""

    return wait_until(look, f"an answer {rcode}")


def key_of(project: Project, server: str) -> str:
    """Return the key of the signed zone as its *server* has it: a DNSKEY record."""
    asked = ("drill", "DNSKEY", SIGNED, f"@{server}")

    def look() -> str:
        answer = project.inside("resolver", *asked).decode()
        lines = [line for line in answer.splitlines() if "\tDNSKEY\t257 " in line]
        return " ".join(lines[0].partition(" ;{")[0].split()) if lines else ""

    return wait_until(look, "the key of a zone that was signed")


@pytest.mark.core
def test_a_signed_answer_is_believed_and_a_forged_one_is_not(
    server, world, authorities
):
    """
    What a zone signs with its own key is told to be proven (RFC 4035, 3.2.3).

    Signed with another key it is no answer at all: whoever sits on the way can't make
    one up.
    """
    project = server.project
    key = key_of(project, world.names)
    # The same zone with one letter of its key changed: to us, the answers are forged.
    head, _, material = key.rpartition(" ")
    turned = ("A" if material[9] != "A" else "B").join((material[:9], material[10:]))

    with validating(project, world.names, f'trust-anchor: "{key}"') as resolver:
        proven = answer(resolver, "NOERROR")
    with validating(project, world.names, f'trust-anchor: "{head} {turned}"') as other:
        forged = answer(other)
        # It is there, for who doesn't ask for a proof (RFC 4035, 3.2.2).
        asked = ["drill", "-o", "CD", f"mail.{SIGNED}", "@127.0.0.1"]
        unproven = other.exec_run(asked)[1].decode()

    assert re.search(r";; flags: .*\bad\b", proven)
    assert "rcode: SERVFAIL" in forged
    assert "rcode: NOERROR" in unproven
