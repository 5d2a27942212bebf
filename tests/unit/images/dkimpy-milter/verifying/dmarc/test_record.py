"""DMARC Policy Records, read as RFC 9989, section 4.7, says."""

import pytest
from mail_auth.verifying.dmarc.record import Record, parse

_RUA = ("mailto:r@a.test",)


@pytest.mark.parametrize(
    ("texts", "record"),
    [
        (["v=DMARC1; p=reject"], Record("reject")),
        (["V = DMARC1 ;P = Reject"], Record("reject")),
        (
            ["v=DMARC1;p=none;sp=quarantine;np=reject"],
            Record("none", "quarantine", "reject"),
        ),
        (["v=DMARC1; p=reject; psd=y; t=y"], Record("reject", psd="y", testing=True)),
        (
            ["v=DMARC1; p=reject; adkim=s; aspf=S"],
            Record("reject", strict_dkim=True, strict_spf=True),
        ),
        (
            ["v=DMARC1; p=reject; adkim=x; psd=maybe; t=1; pct=0; foo=bar"],
            Record("reject"),
        ),
        (["v=DMARC1; rua=mailto:r@a.test"], Record("none", rua=_RUA)),
        (["v=DMARC1; p=rejct; rua=mailto:r@a.test"], Record("none", rua=_RUA)),
        (["v=DMARC1; p=reject; sp=x; rua=mailto:r@a.test"], Record("none", rua=_RUA)),
        (
            ["v=DMARC1; p=none; RUA= mailto:R@a.test!10m ,x, https://a.test/r; fo=1:d"],
            Record("none", rua=("mailto:R@a.test!10m", "https://a.test/r"), fo="1:d"),
        ),
        (["v=DMARC1; p=none; fo=<x/>"], Record("none")),
        (["v=DMARC1; p=reject; np=x; rua=nonsense"], Record(None)),
        (["v=DMARC1"], Record(None)),
        (["v=DMARC1; p=none; p=reject"], Record("none")),
        (["v=DMARC1; p=reject", "v=DMARC1; p=none"], None),
        (["v=DMARC1; p=reject", "v=spf1 -all"], Record("reject")),
        (["p=reject; v=DMARC1"], None),
        (["v=dmarc1; p=reject"], None),
        (["v=DMARC12; p=reject"], None),
        (["v=DMARC1; p=reject;" + " " * 5000], None),
        ([], None),
    ],
)
def test_dmarc_record_is_read_by_rfc_9989(texts, record):
    """What is unknown or wrong is passed over; without a policy it asks for nothing."""
    assert parse([text.encode() for text in texts]) == record
