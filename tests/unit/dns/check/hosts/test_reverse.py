"""PTR: the name of the address, which leads back to it."""

import pytest

from stack.dns.check.finding import Status

NAME = "1.2.0.192.in-addr.arpa"


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        (["mail.example.org."], Status.OK, "leads back to the address"),
        ([], Status.MISSING, "ask the provider"),
        (["host-1.provider.test."], Status.WARNING, "call ourselves by"),
        (["nowhere.provider.test."], Status.WRONG, "doesn't lead back to 192.0.2.1"),
        (["other.provider.test."], Status.WRONG, "doesn't lead back to 192.0.2.1"),
        (["Mail.example.org.", "other.provider.test."], Status.OK, "leads back"),
    ],
)
def test_ptr(net, finding, values, status, words):
    """Many servers refuse an address without a name that has this address."""
    net.set("host-1.provider.test", "A", "192.0.2.1")
    net.set("other.provider.test", "A", "192.0.2.2")
    net.set(NAME, "PTR", *values)

    found = finding("PTR", NAME)

    assert (found.status, words in found.remark) == (status, True)


def test_the_name_leads_elsewhere(net, finding):
    """MAIL_HOSTNAME has another address now."""
    net.set("mail.example.org", "A", "192.0.2.7")

    assert finding("PTR", NAME).status is Status.WRONG
