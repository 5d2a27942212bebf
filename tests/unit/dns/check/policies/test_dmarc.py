"""DMARC: what is done with forged mail."""

import pytest

from stack.dns.check.finding import Status

NAME = "_dmarc.a.example"
OURS = '"v=DMARC1; p=quarantine; rua=mailto:postmaster@a.example"'


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        ([OURS], Status.OK, ""),
        (['"v=DMARC1; p=reject"'], Status.OK, "a policy of your own"),
        (['"v = DMARC1 ;p=Reject; adkim=s;"'], Status.OK, "a policy of your own"),
        ([OURS, '"other"'], Status.OK, ""),
        ([], Status.MISSING, "publish it"),
        (['"v=DMARC2; p=reject"'], Status.MISSING, "publish it"),
        ([OURS, '"v=DMARC1; p=reject"'], Status.WRONG, "counts as none"),
        (['"v=DMARC1"'], Status.WRONG, "can't be read"),
        (['"v=DMARC1; p=refuse"'], Status.WRONG, "can't be read"),
        (['"v=DMARC1; p=reject; sp=refuse"'], Status.WRONG, "can't be read"),
        (['"v=DMARC1; p=reject; p=none"'], Status.WRONG, "can't be read"),
        (['"v=DMARC1; p=none"'], Status.WARNING, "lets forged mail through"),
        (['"v=DMARC1; p=reject; sp=none"'], Status.WARNING, "forges a subdomain"),
        (['"v=DMARC1; p=reject; t=y"'], Status.WARNING, "from following"),
        (['"v=DMARC1; p=reject; pct=5"'], Status.WARNING, "from following"),
        (['"v=DMARC1; p=reject; pct=100"'], Status.OK, ""),
    ],
)
def test_dmarc(net, finding, values, status, words):
    """Any valid policy that asks for something is right."""
    net.set(NAME, "TXT", *values)

    found = finding("DMARC", NAME)

    assert (found.status, words in found.remark) == (status, True), found.remark


@pytest.mark.parametrize(
    "address", ["b@a.example", "b@x.a.example", "b@reports.test!10m"]
)
def test_reports_go_where_they_are_wanted(net, finding, address):
    """To the domain itself, or to one that has agreed (RFC 9990 §4)."""
    net.set("a.example._report._dmarc.reports.test", "TXT", '"v=DMARC1;"')
    net.set(
        NAME, "TXT", f'"v=DMARC1; p=reject; rua=mailto:c@a.example,mailto:{address}"'
    )

    assert finding("DMARC", NAME).status is Status.OK


def test_reports_to_who_has_not_agreed_are_a_warning(net, finding):
    """Nobody sends them; the line that is missing there is named."""
    net.set(NAME, "TXT", '"v=DMARC1; p=reject; rua=mailto:b@other.test"')

    found = finding("DMARC", NAME)

    assert found.status is Status.WARNING
    line = 'a.example._report._dmarc.other.test. IN TXT "v=DMARC1"'
    assert line in found.remark
