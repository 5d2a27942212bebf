"""When a TLSA record is proven, and when nobody can know."""

import asyncio

import pytest
from tls_policy.dane import proven_host
from tls_policy.destination import Destination
from tls_policy.dns_lookup import UnansweredError

from tests.support.network.dns_answers import FAILS, Names

KEY = f"3 1 1 {'ab' * 32}"
MX = {"a.test MX": ["10 mx.a.test.", "20 MX2.a.test."]}
ONE = {"a.test MX": ["10 mx.a.test."], "mx.a.test A": ["192.0.2.1"]}
TWO = {**MX, "mx.a.test A": ["192.0.2.1"], "mx2.a.test A": ["192.0.2.2"]}
TLSA, TLSA2 = "_25._tcp.mx.a.test TLSA", "_25._tcp.mx2.a.test TLSA"


TO = Destination("a.test")


def proven(names: Names, to: Destination = TO) -> str | None:
    """Return the host for which a TLSA record is proven."""
    return asyncio.run(proven_host(to, names.ask))


@pytest.mark.parametrize(
    "record", [KEY, f"2 0 1 {'ab' * 32}", f"3 0 2 {'ab' * 64}", "3 1 0 abcd"]
)
def test_a_signed_tlsa_record_is_proof(record):
    """Of a key or an authority, whole or as a digest."""
    assert proven(Names({**ONE, TLSA: [record]})) == "mx.a.test"


@pytest.mark.parametrize(
    "record",
    [f"0 0 1 {'ab' * 32}", f"1 1 1 {'ab' * 32}", f"3 2 1 {'ab' * 32}", "3 1 9 ab"],
)
def test_a_record_that_postfix_can_not_check_is_none(record):
    """RFC 7672, section 3.1: usages 0 and 1, and what is unknown."""
    assert proven(Names({**ONE, TLSA: [record]})) is None


def test_an_unsigned_record_proves_nothing():
    """Whether the record, the server's address or the MX record is not signed."""
    address = {"mx.a.test A": ["192.0.2.1"]}
    mx = {"a.test MX": ["10 mx.a.test."]}

    assert proven(Names(ONE, {TLSA: [KEY]})) is None
    assert proven(Names({**mx, TLSA: [KEY]}, address)) is None
    assert proven(Names({**address, TLSA: [KEY]}, mx)) is None


def test_an_unsigned_zone_is_not_asked_for_tlsa():
    """Many name servers fail at that question (RFC 7672, section 2.1.2)."""
    names = Names({"a.test MX": ["10 mx.a.test."]}, {"mx.a.test A": ["192.0.2.1"]})

    assert proven(names) is None
    assert names.asked == ["a.test MX", "mx.a.test A"]


def test_one_server_with_a_record_is_enough():
    """Mail goes to that one then, and not to those that can't prove who they are."""
    assert proven(Names({**TWO, TLSA2: [KEY]})) == "mx2.a.test"
    assert proven(Names({**TWO, TLSA: FAILS, TLSA2: [KEY]})) == "mx2.a.test"


@pytest.mark.parametrize(
    "names",
    [
        {"a.test MX": FAILS},
        {**ONE, TLSA: FAILS},
        {**TWO, TLSA: FAILS},
        {**MX, "mx.a.test A": FAILS, "mx2.a.test A": FAILS},
        {**ONE, "mx.a.test A": [], "mx.a.test AAAA": FAILS},
    ],
)
def test_what_can_not_be_looked_up_is_not_taken_for_nothing(names):
    """Whoever suppresses an answer makes mail wait, and does not switch DANE off."""
    with pytest.raises(UnansweredError, match="no answer"):
        proven(Names(names))


def test_a_server_that_can_not_be_reached_is_left_out():
    """Nobody knows its address, and another one can be reached."""
    assert proven(Names({**TWO, "mx2.a.test A": FAILS})) is None


def test_a_server_with_ipv6_alone_has_a_record():
    """Its address is asked for in both kinds."""
    names = {"a.test MX": ["10 mx.a.test."], "mx.a.test AAAA": ["2001:db8::1"]}

    assert proven(Names({**names, TLSA: [KEY]})) == "mx.a.test"


def test_without_mx_the_domain_is_the_server():
    """RFC 5321, section 5.1."""
    names = {"a.test A": ["192.0.2.1"], "_25._tcp.a.test TLSA": [KEY]}

    assert proven(Names(names)) == "a.test"


def test_a_domain_without_mail_has_no_record():
    """A null MX (RFC 7505): nobody is asked further."""
    names = Names({"a.test MX": ["0 ."]})

    assert proven(names) is None
    assert names.asked == ["a.test MX"]


def test_a_host_in_brackets_is_asked_for_itself_and_its_port():
    """No MX record is looked up, as in Postfix."""
    names = Names({"a.test A": ["192.0.2.1"], "_587._tcp.a.test TLSA": [KEY]})

    assert proven(names, Destination("a.test", 587, True)) == "a.test"
    assert "a.test MX" not in names.asked


def test_a_server_that_is_an_alias_has_the_record_of_either_name():
    """RFC 7672, section 2.2.2: the name that it leads to first, then its own."""
    names = {
        **{"a.test MX": ["10 mx.a.test."], "mx.a.test A": ["CNAME host.b.test"]},
        "host.b.test A": ["192.0.2.1"],
    }

    assert proven(Names({**names, "_25._tcp.host.b.test TLSA": [KEY]})) == "mx.a.test"
    assert proven(Names({**names, TLSA: [KEY]})) == "mx.a.test"
    assert proven(Names({**names})) is None
