"""MTA-STS: the record that announces the policy, and what the policy demands."""

from dataclasses import replace

import pytest

from stack.dns import records
from stack.dns.check.facts import Facts
from stack.dns.check.finding import Status
from stack.dns.check.policies.mta_sts import MTA_STS
from stack.dns.records import WebFacts
from stack.services.web import mta_sts
from stack.services.web.sites import KINDS, Site
from tests.unit.dns.check.conftest import FACTS, KEYS, SETTINGS, Blocks

NAME = "_mta-sts.a.example"
POLICY = "version: STSv1\nmode: testing\nmx: mail.example.org\nmax_age: 86400\n"
RIGHT = f'"{mta_sts.record(POLICY)}"'
OTHER = '"v=STSv1; id=20260101"'


@pytest.fixture
def blocks() -> Blocks:
    """The records to publish, with those of the service web."""
    sites = tuple(Site(kind, domain) for domain in KEYS for kind in KINDS)
    return records.records(SETTINGS, KEYS, web=WebFacts(sites, POLICY))


@pytest.fixture
def facts() -> Facts:
    """A server whose certificate is trusted."""
    return replace(FACTS, policy=POLICY, is_trusted=lambda: True)


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        ([RIGHT], Status.OK, "mode testing"),
        ([RIGHT.replace("; ", ";")], Status.OK, ""),
        ([RIGHT, '"v=spf1 -all"'], Status.OK, ""),
        ([], Status.MISSING, "publish it"),
        (['"v=STSv2; id=1"'], Status.MISSING, "publish it"),
        ([OTHER], Status.WRONG, "announces another policy"),
        (['"v=STSv1"'], Status.WRONG, "announces another policy"),
        ([RIGHT, OTHER], Status.WRONG, "counts as none"),
    ],
)
def test_the_record_has_the_id_of_our_policy(net, finding, values, status, words):
    """Senders look at the policy only if it is another one than they know."""
    net.set(NAME, "TXT", *values)

    found = finding(MTA_STS.name, NAME)

    assert (found.status, words in found.remark) == (status, True), found.remark


@pytest.mark.parametrize(
    ("mode", "status"),
    [("testing", Status.WARNING), ("enforce", Status.WRONG), ("none", Status.OK)],
)
@pytest.mark.parametrize("fault", ["mx", "certificate"])
def test_what_the_policy_demands_must_hold(net, finding, facts, fault, mode, status):
    """With enforce, senders that obey it deliver nothing otherwise."""
    if fault == "mx":
        net.set("a.example", "MX", "10 mail.example.org.", "20 mx.example.net.")
    known = replace(
        facts,
        policy=POLICY.replace("testing", mode),
        is_trusted=lambda: fault != "certificate",
    )

    found = finding(MTA_STS.name, NAME, known)

    assert found.status is status
    words = {"mx": "names mx.example.net", "certificate": "`stack cert issue`"}
    assert (words[fault] in found.remark) == (mode != "none")
