"""TLSRPT: where failed TLS is reported."""

import pytest

from stack.dns.check.finding import Status

NAME = "_smtp._tls.a.example"


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        (['"v=TLSRPTv1; rua=mailto:tls-reports@a.example"'], Status.OK, ""),
        (['"v=TLSRPTv1;rua=https://r.test/,mailto:a@b.test"'], Status.OK, ""),
        ([], Status.WARNING, "publish it"),
        (['"v=TLSRPTv2; rua=mailto:a@a.example"'], Status.WARNING, "publish it"),
        (['"v=TLSRPTv1"'], Status.WRONG, "names no address"),
        (['"v=TLSRPTv1; rua=a@a.example"'], Status.WRONG, "names no address"),
        (
            ['"v=TLSRPTv1; rua=mailto:a@b.test"', '"v=TLSRPTv1; rua=mailto:c@b.test"'],
            Status.WRONG,
            "counts as none",
        ),
    ],
)
def test_tlsrpt(net, finding, values, status, words):
    """Any valid place is right."""
    net.set(NAME, "TXT", *values)

    found = finding("TLSRPT", NAME)

    assert (found.status, words in found.remark) == (status, True), found.remark
