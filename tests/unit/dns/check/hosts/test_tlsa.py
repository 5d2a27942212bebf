"""TLSA: which keys servers that check DANE accept."""

from dataclasses import replace

import pytest

from stack.dns import tlsa
from stack.dns.check.finding import Status
from stack.dns.records import Record
from tests.support.certs.bundles import bundle

NAME = "_25._tcp.mail.example.org"
OTHER, RSA = bundle(), bundle(rsa=True)


def test_an_unsigned_zone_needs_none(net, finding):
    """Nobody would look at it; and a record there has no effect."""
    net.signed.clear()
    published = finding("TLSA", NAME)
    net.set(NAME, "TLSA")
    none = finding("TLSA", NAME)

    assert published.status is Status.WARNING
    assert "no valid signature (DNSSEC)" in published.remark
    assert (none.status, "not signed" in none.remark) == (Status.OK, True)


def test_a_signed_zone_may_have_some(net, finding):
    """Without them mail arrives as before."""
    net.set(NAME, "TLSA")

    found = finding("TLSA", NAME)

    assert found.status is Status.WARNING
    assert [each.type for each in found.wanted] == ["TLSA"]


@pytest.mark.parametrize("signed", [True, False])
def test_a_record_of_another_key_is_wrong(net, finding, signed):
    """Mail would bounce, at once or when the zone is signed one day."""
    if not signed:
        net.signed.clear()
    net.set(NAME, "TLSA", tlsa.record_for(OTHER))

    found = finding("TLSA", NAME)

    assert (found.status, "port 25 serves" in found.remark) == (Status.WRONG, True)


def test_what_port_25_serves_counts_and_not_the_disk(finding, facts):
    """The record is that of var/tls, but the port has another certificate."""
    known = replace(facts, served=lambda: (OTHER.chain,))

    assert finding("TLSA", NAME, known).status is Status.WRONG


def test_each_of_two_certificates_needs_a_record(net, finding, facts):
    """A client gets the one that it can read."""
    known = replace(facts, served=lambda: (OTHER.chain, RSA.chain))
    records = [tlsa.record_for(OTHER), tlsa.record_for(RSA)]

    net.set(NAME, "TLSA", *records)
    assert finding("TLSA", NAME, known).status is Status.OK
    net.set(NAME, "TLSA", records[0])
    assert finding("TLSA", NAME, known).status is Status.WRONG


def test_a_record_for_a_new_key_is_asked_for(finding, blocks):
    """It must be published before that key can be served."""
    new = Record(NAME, "TLSA", tlsa.record_for(OTHER))
    blocks["example.org"].append(new)

    found = finding("TLSA", NAME)

    assert (found.status, found.wanted) == (Status.WARNING, (new,))
    assert "waits for its record" in found.remark


@pytest.mark.parametrize("right", [True, False])
def test_without_an_answer_of_port_25_the_files_count(net, finding, facts, right):
    """And the finding says so."""
    if not right:
        net.set(NAME, "TLSA", tlsa.record_for(OTHER))

    found = finding("TLSA", NAME, replace(facts, served=tuple))

    assert found.status is (Status.OK if right else Status.WRONG)
    assert ("compared with var/tls" in found.remark) is right
