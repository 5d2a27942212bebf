"""SPF: who may send."""

from dataclasses import replace

import pytest

from stack.dns.check.finding import Status

ROW = [
    ('"v=spf1 mx -all"', Status.OK, ""),
    ('"v=spf1 " "mx  -all"', Status.OK, ""),
    ('"v=spf1 ip4:192.0.2.0/24 ~all"', Status.OK, "a record of your own"),
    ('"v=spf1 redirect=spf.test"', Status.OK, "a record of your own"),
    ('"v=spf1 include:spf.test ?all"', Status.WARNING, "says nothing of strangers"),
    ('"v=spf1 mx"', Status.WARNING, "says nothing of strangers"),
    ('"v=spf1 +all"', Status.WRONG, "lets anybody send"),
    ('"v=spf1 -all"', Status.WRONG, "doesn't let this server send from 192.0.2.1"),
    ('"v=spf1 a:other.test -all"', Status.WRONG, "add mx to it"),
    ('"v=spf1 ip4:192.0.2 -all"', Status.WRONG, "Invalid IP4 address"),
    ('"v=spf1 mx -al"', Status.WRONG, "Unknown mechanism"),
    (f'"v=spf1 mx a:{"x" * 64}.test -all"', Status.OK, "a record of your own"),
    ('"v=spf1 mx include:none.test -all"', Status.WRONG, "No valid SPF record"),
    (
        f'"v=spf1 mx {" ".join(f"a:n{at}.test" for at in range(3))} -all"',
        Status.WRONG,
        "more than two look-ups have no answer",
    ),
    (f'"v=spf1 mx {"a:other.test " * 7}-all"', Status.OK, "a record of your own"),
    (f'"v=spf1 mx {"a:other.test " * 8}-all"', Status.WARNING, "takes 9 of the ten"),
    (f'"v=spf1 {"a:other.test " * 10}mx -all"', Status.WRONG, "Too many DNS lookups"),
    # What comes after our own addresses is looked at, too.
    (f'"v=spf1 mx {"a:other.test " * 10}-all"', Status.WRONG, "Too many DNS lookups"),
]


@pytest.mark.parametrize(("value", "status", "words"), ROW)
def test_spf(net, finding, value, status, words):
    """A record is right if we pass by it, strangers don't, and it can be read."""
    net.set("other.test", "A", "192.0.2.66")
    net.set("spf.test", "TXT", '"v=spf1 ip4:192.0.2.1 -all"')
    net.set("a.example", "TXT", value)

    found = finding("SPF", "a.example")

    assert (found.status, words in found.remark) == (status, True), found.remark
    assert found.wanted[0].value == "v=spf1 mx -all"


def test_the_right_record_fails_with_a_wrong_mx(net, finding):
    """The record goes by it, so that is what to mend."""
    net.set("a.example", "MX", "10 mx.example.net.")

    found = finding("SPF", "a.example")

    assert found.status is Status.WRONG
    assert "mend the MX, A and AAAA records" in found.remark


def test_other_texts_are_no_spf_record(net, finding):
    """Many services ask for a TXT record at the domain's own name."""
    net.set("a.example", "TXT", '"proof=1"', '"v=spf10 -all"')
    assert finding("SPF", "a.example").status is Status.MISSING
    net.set("a.example", "TXT", '"proof=1"', '"v=spf1 mx -all"')
    found = finding("SPF", "a.example")
    assert (found.status, found.found) == (Status.OK, ("v=spf1 mx -all",))


def test_two_records_are_wrong(net, finding):
    """RFC 7208 §4.5: that is an error to every receiver."""
    net.set("a.example", "TXT", '"v=spf1 mx -all"', '"v=spf1 a -all"')

    found = finding("SPF", "a.example")

    assert (found.status, len(found.found)) == (Status.WRONG, 2)


def test_mail_by_a_relay_comes_from_its_addresses(net, finding, facts):
    """Nobody knows them here, so only faults are found."""
    known = replace(facts, relays={"a.example": "smtp.relay.test"})
    net.set("spf.test", "TXT", '"v=spf1 ip4:198.51.100.1 -all"')
    net.set("a.example", "TXT", '"v=spf1 include:spf.test ~all"')

    found = finding("SPF", "a.example", known)

    assert found.status is Status.OK
    assert "whether it lets smtp.relay.test send is not checked" in found.remark
    net.set("a.example", "TXT", '"v=spf1 +all"')
    assert finding("SPF", "a.example", known).status is Status.WRONG


def test_without_our_address_only_faults_are_found(net, finding, facts):
    """The finding says which setting lets it say more."""
    known = replace(facts, addresses=())
    net.set("a.example", "TXT", '"v=spf1 a:other.test -all"')

    found = finding("SPF", "a.example", known)

    assert (found.status, "PUBLIC_IPV4" in found.remark) == (Status.OK, True)


def test_an_include_that_nobody_answers_for_is_unknown(net, finding, monkeypatch):
    """It may be right a minute later."""
    monkeypatch.setattr("stack.dns.lookup.asker.RESOLVER_TIMEOUT", 0.2)
    net.set("a.example", "TXT", '"v=spf1 include:spf.test -all"')
    assert finding("SPF", "a.example").status is Status.WRONG
    net.failing.add("spf.test")

    found = finding("SPF", "a.example")

    assert found.status is Status.UNKNOWN
    assert "spf.test" in found.remark
