"""MX: where other servers deliver."""

import pytest

from stack.dns.check.finding import Status

OURS = "10 mail.example.org."


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        ([OURS], Status.OK, ""),
        (["5 MAIL.example.org."], Status.OK, ""),
        ([], Status.MISSING, "publish it"),
        (["10 mx.example.net."], Status.WRONG, "it goes to mx.example.net"),
        (["0 ."], Status.WRONG, "it goes to nobody (RFC 7505)"),
        ([OURS, "20 mx.example.net."], Status.WARNING, "while this server is down"),
        ([OURS, "10 mx.example.net."], Status.WARNING, "goes to mx.example.net first"),
        ([OURS, "1 mx.example.net."], Status.WARNING, "goes to mx.example.net first"),
    ],
)
def test_mx(net, finding, values, status, words):
    """All records should name this server."""
    net.set("a.example", "MX", *values)

    found = finding("MX", "a.example")

    assert (found.status, words in found.remark) == (status, True)
    assert len(found.found) == len(values)
    if "0 ." in values:
        assert found.found == ("0 .",)


def test_a_name_that_only_sends_is_checked_too(net, finding):
    """`stack sendas` may allow it; `dns show` prints an MX record for it."""
    assert finding("MX", "news.example.org").status is Status.OK
    net.set("news.example.org", "MX")
    assert finding("MX", "news.example.org").status is Status.MISSING
