"""CAA: which authority may issue."""

import pytest

from stack.dns.check.finding import Status
from stack.dns.records import Record

HOST = "mail.example.org"
OURS = '0 issue "ca.example"'


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        ([OURS], Status.OK, ""),
        (['0 ISSUE "CA.example; validationmethods=http-01"'], Status.OK, ""),
        ([OURS, '0 issue "other.example"'], Status.OK, ""),
        (['0 iodef "mailto:a@example.org"'], Status.OK, ""),
        ([], Status.WARNING, "any authority in the world"),
        (['0 issue "other.example"'], Status.WRONG, f"{HOST} forbids our authority"),
        (['0 issue ";"'], Status.WRONG, "forbids our authority"),
        ([OURS, '128 future "x"'], Status.WRONG, "critical and unknown"),
        ([OURS, '0 future "x"'], Status.OK, ""),
        ([OURS, '0 issuewild "other.example"'], Status.OK, ""),
    ],
)
def test_caa(net, finding, values, status, words):
    """Our authority must be let, and others should not."""
    net.set(HOST, "CAA", *values)

    found = finding("CAA", HOST)

    assert (found.status, words in found.remark) == (status, True)


@pytest.mark.parametrize(
    ("parent", "status"), [("example.org", Status.WRONG), ("org", Status.WRONG)]
)
def test_the_record_of_a_parent_counts(net, finding, parent, status):
    """RFC 8659 §3: up to the top; the nearest one counts."""
    net.set(HOST, "CAA")
    net.set(parent, "CAA", '0 issue "other.example"')

    found = finding("CAA", HOST)

    assert (found.status, f"{parent} forbids" in found.remark) == (status, True)
    net.set("example.org", "CAA", OURS)
    found = finding("CAA", HOST)
    assert (found.status, found.remark) == (Status.OK, "by example.org")


@pytest.mark.parametrize(
    ("values", "status"),
    [
        (['0 issuewild "ca.example"'], Status.OK),
        ([OURS], Status.OK),
        (['0 issuewild "other.example"', OURS], Status.WRONG),
        (['0 issuewild "ca.example"', '0 issue "other.example"'], Status.OK),
    ],
)
def test_a_wildcard_has_records_of_its_own(net, finding, blocks, values, status):
    """Without any, those for all names count (§4.3)."""
    blocks["a.example"].append(Record("a.example", "CAA", '0 issuewild "ca.example"'))
    net.set("a.example", "CAA", *values)

    assert finding("CAA", "a.example").status is status
