"""A and AAAA: where MAIL_HOSTNAME leads."""

from dataclasses import replace
from ipaddress import ip_address

import pytest

from stack.dns.check.finding import Status
from stack.dns.records import Record

HOST = "mail.example.org"


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        (["192.0.2.1"], Status.OK, ""),
        ([], Status.MISSING, "nobody finds this server"),
        (["192.0.2.9"], Status.WRONG, "correct the record, or PUBLIC_IPV4"),
        (["192.0.2.1", "192.0.2.9"], Status.WRONG, "goes to 192.0.2.9: remove"),
    ],
)
def test_ipv4(net, finding, values, status, words):
    """PUBLIC_IPV4 and nothing else."""
    net.set(HOST, "A", *values)

    found = finding("A", HOST)

    assert (found.status, words in found.remark) == (status, True)
    assert sorted(found.found) == values


def test_an_alias_is_a_warning(net, finding):
    """MX records must name the host itself."""
    net.set(HOST, "A")
    net.records += [f"{HOST}. CNAME web.example.org.", "web.example.org. A 192.0.2.1"]

    found = finding("A", HOST)

    assert found.status is Status.WARNING
    assert "an alias (CNAME) of web.example.org" in found.remark


def test_an_alias_into_another_zone_is_followed(net, finding):
    """The name servers of the first zone don't know the address."""
    net.zone("example.net", ["ns3.test"])
    both = [*net.records, f"{HOST}. CNAME web.example.net."]
    both = [each for each in both if not each.startswith(f"{HOST}. A ")]
    for address in ("127.0.0.2", "127.0.0.3"):
        net.instead[address] = both
    net.records[:] = [*both, "web.example.net. A 192.0.2.1"]

    found = finding("A", HOST)

    assert found.found == ("192.0.2.1",)


@pytest.mark.parametrize(
    ("values", "status", "words"),
    [
        (["192.0.2.1"], Status.WARNING, "write PUBLIC_IPV4=192.0.2.1 into .env"),
        ([], Status.MISSING, "as PUBLIC_IPV4 into .env"),
    ],
)
def test_without_public_ipv4_the_setting_is_named(
    net, finding, facts, blocks, values, status, words
):
    """There is nothing to compare with."""
    blocks["example.org"] = [each for each in blocks["example.org"] if each.type != "A"]
    net.set(HOST, "A", *values)

    found = finding("A", HOST, replace(facts, addresses=()))

    assert (found.status, words in found.remark) == (status, True)


def test_ipv6_written_in_another_way_is_the_same(net, finding, facts, blocks):
    """RFC 5952 has one form, but an operator may type another."""
    blocks["example.org"].append(Record(HOST, "AAAA", "2001:db8::1"))
    net.set(HOST, "AAAA", "2001:DB8:0:0::1")
    known = replace(facts, addresses=(ip_address("2001:db8::1"),))

    assert finding("AAAA", HOST, known).status is Status.OK


@pytest.mark.parametrize(
    ("listens", "status", "words"),
    [
        (True, Status.WARNING, "write PUBLIC_IPV6=2001:db8::1 into .env"),
        (False, Status.WRONG, "open on IPv4 alone"),
    ],
)
def test_an_ipv6_address_that_nobody_wants(net, finding, facts, listens, status, words):
    """If no port listens on IPv6, other servers meet nobody there."""
    net.set(HOST, "AAAA", "2001:db8::1")

    found = finding("AAAA", HOST, replace(facts, listens_on_ipv6=listens))

    assert (found.status, words in found.remark) == (status, True)
