"""`stack dns check` finds each wrong or missing record, and says what to publish."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.configuration.dnssec import dnssec
from tests.support.configuration.templates import settings
from tests.support.harness.tiers import core_rows
from tests.support.server.project import Project
from tests.support.server.resolver import zone_key
from tests.support.server.server import DOMAIN, HOSTNAME
from tests.support.world.name_servers.name_server import instead, known
from tests.support.world.name_servers.published_zone import publish
from tests.support.world.name_servers.updates import signed_record
from tests.support.world.zones.own_zones import SIGNED

TLSA = f"_25._tcp.{HOSTNAME}"
SRV = f"_imaps._tcp.{DOMAIN}"
Finding = dict[str, Any]
Check = Callable[..., tuple[int, list[Finding]]]

ANOTHER_KEY = "3 1 1 " + "ab" * 32


@pytest.fixture(scope="module", autouse=True)
def published(server, alice) -> None:
    """Have the world publish what `stack dns show` prints now."""
    publish(server.project)


@pytest.fixture(scope="module")
def check(server, world) -> Check:
    """
    Return exit code and findings of `stack dns check`.

    It asks the world's name server: Docker's has names for the addresses of containers.
    """
    asked = ("dns", "check", "--json", f"--resolver={world.dns}")

    def call(*options: str) -> tuple[int, list[Finding]]:
        done = server.project.stack(*asked, *options, check=False)
        return done.returncode, json.loads(done.stdout)

    return call


def bad(found: list[Finding]) -> list[tuple[str, str, str]]:
    """Return kind, name and status of each record that is not right."""
    return [
        (each["kind"], each["name"], each["status"])
        for each in found
        if each["status"] != "ok"
    ]


@pytest.mark.core
def test_all_that_dns_show_prints_is_right(server, check):
    """
    What is published as `stack dns show` prints it is right, by the name servers.

    The name server of the test world is asked itself.
    """
    code, found = check()

    assert (code, bad(found)) == (0, [])
    kinds = {each["kind"] for each in found if each["domain"] == DOMAIN}
    assert kinds >= {"NS", "A", "AAAA", "PTR", "MX", "SPF", "DKIM", "DMARC", "TLSRPT"}
    mail = [each for each in found if each["kind"] == "MX"]
    assert {each["asked"] for each in mail} == {"name servers"}
    by_our_resolver = server.project.stack("dns", "check").stdout
    assert re.search(f"(?m)^ok +MX +{DOMAIN}$", by_our_resolver)


def selector(project: Project, start: str) -> str:
    """Return the name of the published key whose selector begins with *start*."""
    names = [line.split()[0].removesuffix(".") for line in known(project)]
    ends = f"._domainkey.{DOMAIN}"
    return next(
        each for each in names if each.startswith(start) and each.endswith(ends)
    )


BROKEN: dict[str, tuple[str, str, list[str], str]] = {
    "no MX": ("MX", DOMAIN, [], "missing"),
    "MX elsewhere": ("MX", DOMAIN, ["MX 10 mx.outside.test."], "wrong"),
    "no address": ("A", HOSTNAME, [], "missing"),
    "another address": ("A", HOSTNAME, ["A 192.0.2.9"], "wrong"),
    "no SPF": ("SPF", DOMAIN, ["MX 10 mail.example.test."], "missing"),
    "SPF without us": (
        "SPF",
        DOMAIN,
        ["MX 10 mail.example.test.", 'TXT "v=spf1 -all"'],
        "wrong",
    ),
    "SPF that is too long": (
        "SPF",
        DOMAIN,
        [
            "MX 10 mail.example.test.",
            f'TXT "v=spf1 mx {"a:mx.outside.test " * 10}-all"',
        ],
        "wrong",
    ),
    "no DKIM": ("DKIM", "rsa-", [], "missing"),
    "another key": ("DKIM", "ed25519-", ['TXT "v=DKIM1; k=ed25519; p=AAAA"'], "wrong"),
    "no DMARC": ("DMARC", f"_dmarc.{DOMAIN}", [], "missing"),
    "two policies": (
        "DMARC",
        f"_dmarc.{DOMAIN}",
        ['TXT "v=DMARC1; p=none"', 'TXT "v=DMARC1; p=reject"'],
        "wrong",
    ),
    "p=none": ("DMARC", f"_dmarc.{DOMAIN}", ['TXT "v=DMARC1; p=none"'], "warning"),
    "no TLSRPT": ("TLSRPT", f"_smtp._tls.{DOMAIN}", [], "warning"),
    "no place for reports": (
        "TLSRPT",
        f"_smtp._tls.{DOMAIN}",
        ['TXT "v=TLSRPTv1"'],
        "wrong",
    ),
    "TLSA of another key": ("TLSA", TLSA, [f"TLSA {ANOTHER_KEY}"], "wrong"),
}


@pytest.mark.parametrize("case", core_rows(BROKEN, "MX elsewhere", "another key"))
def test_each_broken_record_is_found(server, check, case):
    """
    Each record that is missing or wrong is found, with the line that should be there.

    Exit 1, but not for a warning.
    """
    kind, name, records, status = BROKEN[case]
    if kind == "DKIM":
        name = selector(server.project, name)

    with instead(server.project, name, *(f"{name} {each}" for each in records)):
        code, found = check(DOMAIN)

    (finding,) = [
        each for each in found if (each["kind"], each["name"]) == (kind, name)
    ]
    assert finding["status"] == status
    assert code == (0 if status == "warning" else 1)
    assert all(line.startswith(f"{name}. 3600 IN ") for line in finding["wanted"])
    assert finding["wanted"]
    assert finding["remark"]
    assert bad(check(DOMAIN)[1]) == []


def test_an_address_without_a_name_is_found(server, world, check):
    """An address whose name doesn't lead back to it is found."""
    name = f"{'.'.join(reversed(world.postfix.split('.')))}.in-addr.arpa"

    with instead(server.project, name, f"{name} PTR mx.outside.test."):
        code, found = check(DOMAIN)
    with instead(server.project, name):
        none = check(DOMAIN)[1]

    assert (code, bad(found)) == (1, [("PTR", name, "wrong")])
    assert bad(none) == [("PTR", name, "missing")]


def test_a_tlsa_record_is_compared_with_what_port_25_serves(
    server, certificates, check
):
    """A TLSA record of the key that port 25 serves is right, if the zone is signed."""
    right = certificates.of()["tlsa"]

    with instead(server.project, TLSA, f"{TLSA} TLSA {right}"):
        code, found = check(DOMAIN)

    assert (code, bad(found)) == (0, [("TLSA", TLSA, "warning")])
    (finding,) = [each for each in found if each["kind"] == "TLSA"]
    assert "no valid signature (DNSSEC)" in finding["remark"]
    assert "var/tls" not in finding["remark"]


@pytest.mark.usefixtures("authorities")
@pytest.mark.provokes("postfix", "DNSSEC validation may be unavailable|dnssec_probe")
def test_a_tlsa_record_in_a_signed_zone_is_checked(server, world, certificates):
    """
    In a signed zone, a TLSA record of the served key is right, and another one wrong.

    The line to publish is named, also while there is none.
    """
    project, right = server.project, certificates.of()["tlsa"]
    key = zone_key(project, SIGNED, world.names)

    def found() -> Finding:
        shown = project.stack("dns", "check", DOMAIN, "--json", check=False).stdout
        (finding,) = [each for each in json.loads(shown) if each["kind"] == "TLSA"]
        return finding

    with dnssec(project, key, RESOLVER_UPSTREAM=world.names):
        with signed_record(world, TLSA, "TLSA", right):
            fitting = found()
        with signed_record(world, TLSA, "TLSA", ANOTHER_KEY):
            other = found()
            said = project.stack("dns", "check", DOMAIN, check=False)
        none = found()

    assert (fitting["status"], fitting["remark"]) == ("ok", None)
    assert fitting["asked"] == "name servers"
    line = f"{TLSA}. 3600 IN TLSA {right}"
    assert (other["status"], other["wanted"]) == ("wrong", [line])
    assert (none["status"], none["wanted"]) == ("warning", [line])
    assert said.returncode == 1
    assert line in said.stdout


@pytest.mark.core
def test_mail_programs_are_sent_to_open_ports(server, check):
    """An SRV record that sends mail programs elsewhere is found."""
    project = server.project
    with settings(project, IMAPS_PORT="993"):
        with instead(project, SRV, f"{SRV} SRV 0 1 993 {HOSTNAME}."):
            right = check(DOMAIN)
        with instead(project, SRV, f"{SRV} SRV 0 1 993 imap.outside.test."):
            elsewhere = check(DOMAIN)
        none = check(DOMAIN)

    assert (right[0], bad(right[1])) == (0, [])
    assert (elsewhere[0], bad(elsewhere[1])) == (1, [("SRV", SRV, "wrong")])
    assert (none[0], bad(none[1])) == (0, [("SRV", SRV, "warning")])


def test_a_silent_dns_is_an_error_of_its_own(server, world):
    """If no name server answers, nothing is said to be wrong: exit 3."""
    project = server.project
    asked = project.stack("dns", "check", f"--resolver={world.dns}", check=False)
    wrong = project.stack("dns", "check", f"--resolver={world.dns}#54", check=False)

    assert (asked.returncode, wrong.returncode) == (0, 3)
    assert asked.stderr.endswith("all right.\n")
    assert "the DNS can't be reached" in wrong.stderr
