"""The names of an address, forward and back."""

from ipaddress import IPv6Address

import pytest

from stack.dns.resolver import reverse
from tests.support.network.name_server import answering, serving

ADDRESS = IPv6Address("2001:db8::25")
HOST = "mail.example.org"
PTR = f"{ADDRESS.reverse_pointer}. 60 IN PTR"
AAAA = f"{HOST}. 60 IN AAAA"


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([f"{PTR} {HOST}.", f"{AAAA} {ADDRESS}"], ""),
        ([f"{PTR} MAIL.Example.org.", f"{AAAA} {ADDRESS}"], ""),
        ([f"{AAAA} {ADDRESS}"], f"PTR record of {ADDRESS} is missing, and should be"),
        (
            [f"{PTR} host.example.net."],
            f"{ADDRESS} is host.example.net., and should be",
        ),
        ([f"{PTR} {HOST}."], f"{HOST} has no AAAA record {ADDRESS}"),
        ([f"{PTR} {HOST}.", f"{AAAA} 2001:db8::26"], f"{HOST} has no AAAA record"),
    ],
)
def test_the_names_must_match_in_both_directions(records, expected):
    """What is wrong is said with the name or address that is missing."""
    with serving(records, left=60) as resolver:
        found = reverse.problem(ADDRESS, HOST, resolver)

    assert found is not None
    assert bool(found) == bool(expected)
    assert expected in found


@pytest.mark.parametrize("code", ["SERVFAIL", "SILENCE"])
def test_without_an_answer_nothing_is_said(code):
    """Neither that all is well."""
    with answering(code=code) as resolver:
        assert reverse.problem(ADDRESS, HOST, resolver) is None


def test_a_name_that_is_not_there_is_missing():
    """NXDOMAIN is an answer."""
    soa = "ip6.arpa. 60 IN SOA ns.test. root.test. 1 60 60 60 60"
    with answering(soa, code="NXDOMAIN") as resolver:
        assert "is missing" in str(reverse.problem(ADDRESS, HOST, resolver))
