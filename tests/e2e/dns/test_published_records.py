"""Other servers accept our mail with the DNS records that `stack dns show` prints."""

import json
import re

import pytest

from tests.support.clients.dialogue import Smtp
from tests.support.faults.services import stopped
from tests.support.mail.message import letter
from tests.support.mail.outsiders import authentication_results
from tests.support.server.accounts import aliases
from tests.support.server.project import ADDRESS
from tests.support.server.resolver import resolves
from tests.support.server.server import DOMAIN, HOSTNAME
from tests.support.wait import wait_until
from tests.support.world import OUTSIDE
from tests.support.world.name_servers import name_server

pytestmark = pytest.mark.core


def as_shown(line: str) -> tuple[str, str, str]:
    """Return name, type and value of a *line* of a zone, as JSON has them."""
    name, _, _, kind, data = line.split(maxsplit=4)
    # RFC 1035, 3.3.14: how a text is cut into strings means nothing.
    text = "".join(re.findall(r'"([^"]*)"', data)) if kind == "TXT" else data
    return name.rstrip("."), kind, text.rstrip(".")


def is_in(name: str, domains: list[str]) -> bool:
    """Say whether *name* is one of *domains* or below it."""
    return any(f".{name}".endswith(f".{domain}") for domain in domains)


@pytest.mark.usefixtures("carol")
def test_the_test_world_has_the_records_of_dns_show(server):
    """
    The test world's name server has exactly the records of `stack dns show`.

    All but TLSA, which is for domains with DNSSEC, and PTR, which are in no zone of
    ours; also after a restart.
    """
    with stopped(server.project, "dns"):
        pass
    wait_until(lambda: resolves(server.project, HOSTNAME), "an answer")
    blocks = json.loads(server.project.stack("dns", "show", "--json").stdout)
    domains = [block["domain"] for block in blocks]
    shown = [
        (each["name"], each["type"], each["value"])
        for block in blocks
        for each in block["records"]
    ]

    world = [as_shown(line) for line in name_server.known(server.project)]

    assert {"example.test", "second.test"} <= set(domains)
    assert sorted(each for each in world if is_in(each[0], domains)) == sorted(
        each for each in shown if each[1] not in ("TLSA", "PTR")
    )


@pytest.mark.parametrize("name", ["alice", "carol"])
def test_submitted_mail_passes_spf_dkim_and_dmarc_elsewhere(
    request, stranger, subject, name
):
    """
    Mail of our users passes SPF, DKIM with both keys, and DMARC at another server.

    OpenDKIM and OpenDMARC judge it there.
    """
    user = request.getfixturevalue(name)

    user.send(stranger.address, subject)

    domain = user.address.partition("@")[2]
    assert authentication_results(stranger.receive(subject)) == {
        f"spf=pass smtp.mailfrom={domain}",
        f"dkim=pass header.d={domain} header.a=rsa-sha256",
        f"dkim=pass header.d={domain} header.a=ed25519-sha256",
        f"dmarc=pass header.from={domain}",
    }


def test_a_bounce_passes_spf_dkim_and_dmarc_elsewhere(server, alice, stranger, subject):
    """
    A bounce of ours passes SPF by the host's name, DKIM and DMARC at another server.
    """
    name = subject.split()[-1]
    alias, nobody = f"{name}@{DOMAIN}", f"{name}@{OUTSIDE}"
    both = f"{alice.address} {stranger.address}"

    with aliases(server.project, **{alias: both}):
        alice.send(nobody, message=letter(alias, nobody, subject), sender=alias)
        notice = stranger.receive(nobody)

    assert notice.all("Return-Path") == ["<>"]
    # A second pair of signatures is for servers that take no 8-bit text.
    assert authentication_results(notice) >= {
        f"spf=pass smtp.helo={HOSTNAME}",
        f"dkim=pass header.d={DOMAIN} header.a=rsa-sha256",
        f"dkim=pass header.d={DOMAIN} header.a=ed25519-sha256",
        f"dmarc=pass header.from={DOMAIN}",
    }


def test_mail_of_ours_that_is_forwarded_back_passes_dmarc(
    alice, bob, stranger, subject
):
    """Mail of ours that is forwarded back to us passes DMARC by its signatures."""
    alice.send(stranger.address, subject)
    forwarded = stranger.receive(subject).raw

    stranger.send(bob.address, message=forwarded)

    (verdict,) = bob.receive(subject).all("Authentication-Results")
    assert "; dmarc=pass (p=quarantine dis=none from=proven)" in verdict


def test_a_forgery_of_our_domain_fails_dmarc_elsewhere(server, stranger, subject):
    """Mail that forges our domain fails SPF and DMARC elsewhere, with p=quarantine."""
    author = f"alice@{DOMAIN}"
    with Smtp(ADDRESS, server.project.port(25, "outside")) as session:
        session.ehlo()
        message = letter(author, stranger.address, subject)
        session.deliver(message, author, [stranger.address])

    received = stranger.receive(subject)
    assert authentication_results(received) == {
        f"spf=fail smtp.mailfrom={DOMAIN}",
        "dkim=none",
        f"dmarc=fail header.from={DOMAIN}",
    }
    assert "(p=quarantine " in received.all("Authentication-Results")[0]
