"""
Domains that ask for TLS reports learn how mail to them was encrypted, by which policy.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.configuration.dnssec import dnssec
from tests.support.mail.outgoing import reason_to_wait, remove_waiting
from tests.support.reports.sent import content, end_day, reports
from tests.support.wait import wait_until
from tests.support.world import OUTSIDE
from tests.support.world.name_servers import name_server
from tests.support.world.sink import Sink
from tests.support.world.sts import MISNAMED, StsDomain
from tests.support.world.zones.signed_zone import ZONE

pytestmark = pytest.mark.usefixtures("transport")

# Beside those of the signed zone, who ask in it.
ASKING = (OUTSIDE, "broken.test", "right.sts.test", "misnamed.sts.test")


@pytest.fixture(scope="module", autouse=True)
def asked_for(server) -> Iterator[None]:
    """Have domains that ask for reports, which the stranger reads."""
    names = [f"_smtp._tls.{domain}." for domain in ASKING]
    wish = f'0 TXT "v=TLSRPTv1; rua=mailto:stranger@{OUTSIDE}"'
    name_server.add(server.project, [f"{name} {wish}" for name in names])
    yield
    name_server.remove(server.project, names)
    # Reports to domains of other tests, which nobody takes.
    server.project.inside("postfix", "sh", "-c", "postsuper -d ALL deferred 2>&1")


def told(server, stranger, domain: str, kind: str) -> dict[str, Any]:
    """Wait for a report on *domain* with a policy of this *kind*, and return that."""

    def look() -> dict[str, Any]:
        end_day(server.project)
        for report in reports(stranger, ".json.gz"):
            assert report.all("TLS-Required") == ["No"]
            assert report.all("TLS-Report-Submitter") == ["example.test"]
            assert report.message.get_content_type() == "multipart/report"
            if report.all("TLS-Report-Domain") == [domain]:
                for policy in json.loads(content(report))["policies"]:
                    if policy["policy"]["policy-type"] == kind:
                        return policy
        return {}

    return wait_until(look, f"a report on {domain} with a policy {kind}")


def sent_in_vain(server, alice, subject: str, domain: str) -> None:
    """Send mail to *domain* that has to wait, and take it back."""
    recipient = f"{subject.split()[1]}@{domain}"
    alice.send(recipient, subject)
    try:
        reason = reason_to_wait(server.project, recipient)
        assert "Server certificate not verified" in reason
    finally:
        remove_waiting(server.project, recipient)


def counts(policy: dict[str, Any]) -> tuple[int, int]:
    """Return how many sessions succeeded under a policy, and how many failed."""
    summary = policy["summary"]
    return (
        summary["total-successful-session-count"],
        summary["total-failure-session-count"],
    )


@pytest.mark.provokes("postfix", r"SSL_connect error to mx\.broken\.test")
@pytest.mark.provokes("postfix", "postfix/smtp.*TLS library problem.*wrong version")
def test_domains_learn_how_mail_to_them_was_encrypted(server, alice, stranger, subject):
    """
    A domain with _smtp._tls gets a TLS report (RFC 8460): sessions that were encrypted,
    and those that could not be.
    """
    alice.send(stranger.address, subject)
    stranger.receive(subject)
    alice.send("a@broken.test", subject)

    good = told(server, stranger, OUTSIDE, "no-policy-found")
    bad = told(server, stranger, "broken.test", "no-policy-found")

    assert counts(good)[0] >= 1
    assert good["failure-details"] == []
    assert counts(bad)[1] >= 1
    (failure,) = bad["failure-details"]
    assert failure["result-type"] == "validation-failure"
    assert failure["receiving-mx-hostname"] == "mx.broken.test"
    assert failure["receiving-mx-helo"] == "sink"


@pytest.fixture
def validating(server) -> Iterator[None]:
    """Have names validated."""
    with dnssec(server.project):
        yield


@pytest.mark.core
@pytest.mark.usefixtures("validating")
# The root of this world is not signed, which Postfix finds strange.
@pytest.mark.provokes("postfix", "DNSSEC validation may be unavailable|dnssec_probe")
@pytest.mark.provokes("postfix", "not trusted")
def test_domains_learn_whether_their_tlsa_records_held(
    server, alice, stranger, subject
):
    """
    A TLS report names the TLSA records that mail was sent by, and whether they held.

    RFC 8460, 4.4: the policy is that of DANE, its string is the records.
    """
    alice.send(f"a@right.{ZONE}", subject)
    Sink(server.project, "sink-tls", f"right.{ZONE}").receive(subject)
    sent_in_vain(server, alice, subject, f"wrong.{ZONE}")

    good = told(server, stranger, f"right.{ZONE}", "tlsa")
    bad = told(server, stranger, f"wrong.{ZONE}", "tlsa")

    for policy, name in ((good, "right"), (bad, "wrong")):
        # RFC 8460, 1.1: with DANE that is the host that has the records.
        assert policy["policy"]["policy-domain"] == f"mx.{name}.{ZONE}"
        (record,) = policy["policy"]["policy-string"]
        assert record.lower().startswith("3 1 1 ")
    assert counts(good)[0] >= 1
    assert good["failure-details"] == []
    assert counts(bad)[0] == 0
    assert counts(bad)[1] >= 1
    (failure,) = bad["failure-details"]
    assert failure["result-type"] == "certificate-not-trusted"
    assert failure["receiving-mx-hostname"] == f"mx.wrong.{ZONE}"
    assert failure["failed-session-count"] == counts(bad)[1]


@pytest.mark.core
def test_domains_learn_whether_their_policy_of_mta_sts_held(
    server, world, alice, stranger, subject
):
    """
    A TLS report names the MTA-STS policy that mail was sent by, and whether it held.

    RFC 8460, 4.3: a certificate for another name is "certificate-host-mismatch".
    """
    project = server.project
    names = ("right.sts.test", MISNAMED.removeprefix("mx."))
    right, misnamed = (StsDomain(project, world.policies, name) for name in names)
    for each in (right, misnamed):
        each.serve()

    try:
        with right.published(world.tls), misnamed.published(world.tls):
            alice.send(f"a@{right.name}", subject)
            Sink(project, "sink-tls", right.name).receive(subject)
            sent_in_vain(server, alice, subject, misnamed.name)
    finally:
        right.withdraw()
        misnamed.withdraw()
    good = told(server, stranger, right.name, "sts")
    bad = told(server, stranger, misnamed.name, "sts")

    for policy, name in ((good, right.name), (bad, misnamed.name)):
        assert policy["policy"]["policy-domain"] == name
        assert policy["policy"]["mx-host"] == [f"mx.{name}"]
        assert policy["policy"]["policy-string"] == [
            *("version: STSv1", "mode: enforce", f"mx: mx.{name}", "max_age: 604800")
        ]
    assert counts(good)[0] >= 1
    assert good["failure-details"] == []
    assert counts(bad)[0] == 0
    (failure,) = bad["failure-details"]
    assert failure["result-type"] == "certificate-host-mismatch"
    assert failure["receiving-mx-hostname"] == f"mx.{misnamed.name}"
    assert failure["failed-session-count"] == counts(bad)[1] >= 1
