"""What the resolver's answers mean to the service tls-policy."""

import asyncio

import dns.asyncresolver
import dns.resolver
import pytest
from tls_policy import dns_lookup
from tls_policy.dns_lookup import Answer, UnansweredError, new_ask

from tests.support.network.name_server import answering

NOTHING = "a.test. 0 IN SOA ns.test. postmaster.test. 1 1 1 1 1"


def asked(server: dns.resolver.Resolver, name: str, kind: str) -> Answer:
    """Ask that *server* alone."""
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = server.nameservers, server.port
    return asyncio.run(new_ask(resolver)(name, kind))


@pytest.mark.parametrize("proven", [True, False])
@pytest.mark.parametrize(
    ("lines", "code", "records"),
    [
        (["a.test. 0 IN MX 10 mx.a.test."], "NOERROR", ["10 mx.a.test."]),
        ([NOTHING], "NOERROR", []),
        ([NOTHING], "NXDOMAIN", []),
    ],
)
def test_an_answer_says_whether_it_is_proven(lines, code, records, proven):
    """Also one that says that there is nothing: the AD bit (RFC 6840, section 5.8)."""
    with answering(*lines, code=code, proven=proven) as server:
        answer = asked(server, "a.test", "MX")

    assert [each.to_text() for each in answer.records] == records
    assert answer.is_secure is proven
    assert answer.name == "a.test"


def test_an_alias_is_followed():
    """The answer says where it has led."""
    lines = ["a.test. 0 IN CNAME B.test.", "b.test. 0 IN A 192.0.2.1"]
    with answering(*lines, proven=True) as server:
        answer = asked(server, "a.test", "A")

    assert (len(answer.records), answer.name, answer.is_secure) == (1, "b.test", True)


@pytest.mark.parametrize("code", ["SERVFAIL", "REFUSED", "SILENCE"])
def test_what_is_no_answer_is_told(code, monkeypatch):
    """DNSSEC that proves an answer wrong is SERVFAIL (RFC 4035, section 5.5)."""
    monkeypatch.setattr(dns_lookup, "_SECONDS", 0.5)
    with (
        answering(code=code, proven=True) as server,
        pytest.raises(UnansweredError, match="TLSA of a"),
    ):
        asked(server, "a.test", "TLSA")


def test_a_name_that_is_too_long_is_told():
    """A TLSA record's name is longer than its server's."""
    with answering(NOTHING) as server, pytest.raises(UnansweredError):
        asked(server, ".".join(["a" * 60] * 5), "TLSA")
