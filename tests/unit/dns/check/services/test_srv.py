"""SRV: how mail programs find the server."""

import pytest

from stack.dns.check.finding import Status

NAME = "_imaps._tcp.a.example"


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        (["0 1 993 mail.example.org."], Status.OK, ""),
        (["7 9 993 Mail.example.org."], Status.OK, ""),
        ([], Status.WARNING, "publish the record"),
        (["0 1 993 imap.example.net."], Status.WRONG, "go to imap.example.net"),
        (["0 0 0 ."], Status.WRONG, "instead of this server"),
        (
            ["0 1 993 mail.example.org.", "0 1 993 imap.example.net."],
            Status.WRONG,
            "go to imap.example.net",
        ),
        (["0 1 9993 mail.example.org."], Status.WARNING, "another port"),
    ],
)
def test_srv(net, finding, values, status, words):
    """Host and port count, the order of preference is the operator's."""
    net.set(NAME, "SRV", *values)

    found = finding("SRV", NAME)

    assert (found.status, words in found.remark) == (status, True)
