"""The order of what is asked: DANE first, then MTA-STS, and in doubt mail waits."""

import asyncio

import pytest
from socketmap_server.reply import Reply
from tls_policy.answer import Answers
from tls_policy.config import Config
from tls_policy.sts.cache import Cache
from tls_policy.sts.policies import Policies
from tls_policy.sts.policy import Policy

from tests.support.network.dns_answers import FAILS, Names

TLSA = "_25._tcp.mx.a.test TLSA"
DANE = {
    "a.test MX": ["10 mx.a.test."],
    "mx.a.test A": ["192.0.2.1"],
    TLSA: [f"3 1 1 {'ab' * 32}"],
}
STS = {"_mta-sts.a.test TXT": ['"v=STSv1; id=1"']}
SECURE = "secure match=mx.a.test servername=hostname policy_type=sts"


@pytest.fixture
def answered(tmp_path):
    """Return what answers a question, by what is published."""

    def ask(
        signed: dict, unsigned: dict, mode: str = "enforce", key: str = "a.test", **conf
    ) -> Reply:
        async def fetch(_domain: str, _known: str | None):
            return "1", Policy(mode, ("mx.a.test",), 86400)

        names = Names(signed, unsigned)
        policies = Policies(Cache(tmp_path / "policies.db"), names.ask, fetch)
        config = Config(**{"dane": True, "debug": False, **conf})
        return asyncio.run(Answers(config, names.ask, policies).about(key))

    return ask


def test_a_proven_tlsa_record_comes_first(answered):
    """With a policy of MTA-STS beside it, too (RFC 8461, section 2)."""
    assert answered(DANE, STS) == Reply("OK", "dane-only")


@pytest.mark.parametrize("name", ["a.test MX", TLSA])
def test_a_look_up_that_fails_makes_mail_wait(answered, name):
    """MTA-STS does not stand in for what can't be proven."""
    reply = answered({**DANE, name: FAILS}, STS)

    assert reply.status == "TEMP"
    assert reply.text.startswith("a.test: ")
    assert "no answer" in reply.text


def test_without_tlsa_the_policy_holds(answered):
    """Proven by DNSSEC or not."""
    bare = {**DANE, TLSA: []}

    assert answered(bare, STS).text.startswith(SECURE)
    assert answered({}, {**DANE, **STS}).text.startswith(SECURE)


@pytest.mark.parametrize("mode", ["testing", "none"])
def test_other_modes_demand_nothing(answered, mode):
    """Postfix goes by its own level: TLS where it is offered."""
    assert answered({}, STS, mode) == Reply("NOTFOUND")


def test_a_domain_that_publishes_nothing_demands_nothing(answered):
    """As most domains, an address, and what is no domain."""
    assert answered({}, {}) == Reply("NOTFOUND")
    assert answered({}, STS, key="[192.0.2.1]") == Reply("NOTFOUND")
    assert answered({}, STS, key=".a.test") == Reply("NOTFOUND")


def test_a_host_in_brackets_has_no_policy(answered):
    """MTA-STS is about domains; a TLSA record is about the host."""
    host = {"a.test A": ["192.0.2.1"], "_25._tcp.a.test TLSA": DANE[TLSA]}

    assert answered({}, STS, key="[a.test]") == Reply("NOTFOUND")
    assert answered(host, STS, key="[a.test]:25") == Reply("OK", "dane-only")


def test_without_dnssec_there_is_no_dane(answered):
    """RESOLVER_DNSSEC=no: then the policy alone counts."""
    assert answered(DANE, STS, dane=False).text.startswith(SECURE)


def test_a_damaged_cache_makes_mail_wait(answered, tmp_path):
    """The reason names the file."""
    (tmp_path / "policies.db").write_bytes(b"damaged" * 1000)

    reply = answered({}, STS)

    assert reply.status == "TEMP"
    assert "policies.db" in reply.text
