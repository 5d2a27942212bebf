"""Every name server of a domain is asked for its DKIM records."""

import dns.resolver
import pytest

from stack.dns.dkim import publication
from stack.dns.lookup import authoritative
from stack.dns.lookup.authoritative import Server
from stack.system.errors import UnableError
from tests.support.network.zone_servers import (
    REFUSED,
    SERVFAIL,
    SILENCE,
    UNREACHABLE,
    name_servers,
)

RECORD = f"v=DKIM1; k=rsa; p={'A' * 700}"
NAME = "rsa-202611._domainkey.example.org."
STRINGS = " ".join(f'"{RECORD[at : at + 255]}"' for at in range(0, len(RECORD), 255))
SHOWN = [f"{NAME} 60 IN TXT {STRINGS}"]
NS1, NS2 = ("ns1.example.net", "192.0.2.1"), ("ns2.example.net", "192.0.2.2")
NS1_IPV6 = ("ns1.example.net", "2001:db8::1")


def look(monkeypatch, answers) -> list[tuple[str, str]]:
    """Return the address and the verdict of each server."""
    with name_servers(monkeypatch, answers):
        seen = publication.look(
            "example.org",
            {"rsa-202611": RECORD},
            dns.resolver.Resolver(configure=False),
        )
    assert {each.selector for each in seen} <= {"rsa-202611"}
    return [(each.server.address, each.shown) for each in seen]


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (SHOWN, "shown"),
        ([f"{NAME} 60 IN TXT {STRINGS.replace('; ', ';')}"], "shown"),
        ([], "missing"),
        (["other.example.org. 60 IN TXT x"], "missing"),
        ([f'{NAME} 60 IN TXT "v=DKIM1; k=rsa; p=BBBB"'], "different"),
        ([f'{NAME} 60 IN TXT {STRINGS[:-10]}"'], "different"),
        ([f"{NAME} 60 IN TXT {STRINGS.lower()}"], "different"),
        (SILENCE, "unknown"),
        (REFUSED, "unknown"),
        (SERVFAIL, "unknown"),
        (UNREACHABLE, "unknown"),
    ],
)
def test_only_the_very_key_is_shown(monkeypatch, answer, verdict):
    """In strings of any length, with any blanks; and nothing else at that name."""
    assert look(monkeypatch, {NS1: SHOWN, NS2: answer}) == [
        ("192.0.2.1", "shown"),
        ("192.0.2.2", verdict),
    ]


def test_two_records_at_a_name_are_not_shown(monkeypatch):
    """A verifier may take either of them (RFC 6376, 3.6.2.2)."""
    both = [*SHOWN, f'{NAME} 60 IN TXT "v=DKIM1; k=rsa; p=BBBB"']

    assert look(monkeypatch, {NS1: both}) == [("192.0.2.1", "different")]


def test_an_ipv6_address_that_cannot_be_reached_is_left_out(monkeypatch):
    """The containers have no IPv6; the same server has answered on IPv4."""
    assert look(monkeypatch, {NS1: SHOWN, NS1_IPV6: UNREACHABLE}) == [
        ("192.0.2.1", "shown")
    ]


@pytest.mark.parametrize("answer", [SILENCE, UNREACHABLE])
def test_a_server_that_answers_nowhere_counts(monkeypatch, answer):
    """Neither on IPv6 nor on IPv4: nobody knows what it shows to others."""
    found = look(monkeypatch, {NS1: answer, NS1_IPV6: UNREACHABLE, NS2: SHOWN})

    assert found == [
        ("192.0.2.1", "unknown"),
        ("2001:db8::1", "unknown"),
        ("192.0.2.2", "shown"),
    ]


def test_an_ipv6_address_that_answers_counts(monkeypatch):
    """It may be another machine, which has an older zone."""
    assert look(monkeypatch, {NS1: SHOWN, NS1_IPV6: []}) == [
        ("192.0.2.1", "shown"),
        ("2001:db8::1", "missing"),
    ]


def test_no_record_is_asked_for_by_its_own_name_before(monkeypatch):
    """The zone is looked up by another one: caches remember what is not there."""
    asked = []

    def servers(name, _resolver):
        asked.append(name.to_text())
        return iter([Server(*NS1)])

    monkeypatch.setattr(authoritative, "servers", servers)
    monkeypatch.setattr(authoritative, "ask", lambda *_: None)

    publication.look("example.org", {"rsa-202611": RECORD}, dns.resolver.Resolver())

    assert asked == ["_domainkey.example.org."]


@pytest.mark.parametrize("reason", ["none has an address", "answers nothing"])
def test_name_servers_that_are_not_found_are_an_error(monkeypatch, reason):
    """Nothing is taken to be published."""

    def servers(*_):
        if reason == "answers nothing":
            raise dns.resolver.NoNameservers("answers nothing")
        return iter(())

    monkeypatch.setattr(authoritative, "servers", servers)

    with pytest.raises(UnableError, match=f"of example.org are not found .*{reason}"):
        publication.look("example.org", {"rsa": RECORD}, dns.resolver.Resolver())
