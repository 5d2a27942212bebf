"""Records are asked for at each name server of their zone, and of the resolver."""

from collections.abc import Iterator

import dns.resolver
import pytest

from stack.dns.lookup import asker
from stack.dns.lookup.answers import Answer, SilentError
from stack.dns.lookup.asker import Asker
from stack.system.errors import UnableError
from tests.support.network.internet import RESOLVER, Internet, internet

NS1, NS2 = "127.0.0.2", "127.0.0.3"


@pytest.fixture
def net(monkeypatch) -> Iterator[Internet]:
    """A zone example.org on two name servers."""
    with internet(monkeypatch) as world:
        world.zone("example.org")
        world.set("example.org", "MX", "10 b.test.", "10 a.test.")
        yield world


@pytest.fixture
def ask(net: Internet) -> Iterator[Asker]:
    """Ask the resolver of that internet."""
    found = Asker(asker.resolver([(RESOLVER, net.port)]))
    yield found
    found.close()


def test_every_name_server_is_asked_once(net, ask):
    """However often the same is asked."""
    for _ in range(3):
        assert ask.ask("Example.org", "MX").texts == ("10 a.test", "10 b.test")

    asked = [each for each in net.asked if each[2] == "MX"]
    assert sorted(asked) == [(NS1, "example.org", "MX"), (NS2, "example.org", "MX")]


def test_the_answer_of_most_name_servers_comes_first(net, ask):
    """Each other answer names who gives it."""
    net.records += ["example.org. NS ns3.test."]
    net.instead[NS2] = [each for each in net.records if " MX " not in each]

    found = ask.versions("example.org", "MX")

    assert [each.servers for each in found] == [("ns1.test", "ns3.test"), ("ns2.test",)]
    assert [each.texts for each in found] == [("10 a.test", "10 b.test"), ()]


def test_a_view_has_one_answer(ask):
    """It is for the checks, which judge one answer after the other."""
    other = Answer(servers=("ns9.test",))

    assert ask.seeing("example.org", "MX", other).ask("example.org", "MX") is other
    assert ask.ask("example.org", "MX") != other


def test_an_alias_itself_can_be_asked_for(net, ask):
    """A CNAME record that is wanted is not followed."""
    net.set("a.example.org", "CNAME", "example.org.")

    assert ask.ask("a.example.org", "CNAME").texts == ("example.org",)
    followed = ask.ask("a.example.org", "MX")
    assert (followed.alias, len(followed.texts)) == ("example.org", 2)


def test_aliases_that_form_a_ring_end(net, ask):
    """They lead nowhere."""
    net.zone("example.net", ["ns3.test"])
    ring = [
        "a.example.org. CNAME a.example.net.",
        "a.example.net. CNAME a.example.org.",
    ]
    net.instead["127.0.0.4"] = [*net.records, ring[1]]
    net.records.append(ring[0])

    assert ask.ask("a.example.org", "MX").records == ()


def test_without_name_servers_the_resolver_is_asked(net, ask):
    """A private DNS may have none that can be reached, and no zones."""
    net.records[:] = ["mail.lan. A 192.0.2.1"]

    found = ask.ask("mail.lan", "A")

    assert (found.texts, found.servers) == (("192.0.2.1",), ())
    assert ask.ask("other.lan", "A") == Answer()
    assert not ask.is_signed("mail.lan")


@pytest.mark.parametrize("silent", [True, False])
def test_a_failure_is_not_an_empty_answer(net, ask, monkeypatch, silent):
    """Records may be there, although nobody says so."""
    monkeypatch.setattr(ask._resolver, "lifetime", 0.3)
    # The zone is known by now.
    ask.ask("example.org", "A")
    if silent:
        net.silent |= {RESOLVER, NS1, NS2}
    else:
        net.failing.add("example.org")

    with pytest.raises(SilentError):
        ask.ask("example.org", "MX")


def test_a_signed_zone_is_one_that_the_resolver_has_validated(net, ask):
    """What the name servers themselves say proves nothing."""
    net.signed.add("example.org")

    assert ask.is_signed("_25._tcp.mail.example.org")
    assert not ask.is_signed("ns1.test")


def test_servers_are_told_by_how_they_answer(net, ask):
    """Who doesn't answer and who refuses are two faults."""
    net.records.append("example.org. NS ns3.test.")
    net.silent.add(NS1)
    net.lame.add(NS2)
    ask.ask("example.org", "MX")

    found = ask.servers("mail.example.org")

    assert found.zone == "example.org"
    assert [each.name for each in found.answering] == ["ns3.test"]
    assert [each.address for each in found.silent] == [NS1]
    assert [each.address for each in found.lame] == [NS2]


def test_the_servers_of_the_root_are_not_asked(net, ask):
    """A name that no zone has is the resolver's business."""
    net.zone("")

    assert ask.ask("mail.nowhere", "A") == Answer()
    assert ask.servers("mail.nowhere").zone == "."
    assert [each for each in net.asked if each[0] != RESOLVER] == []


def test_a_failure_for_one_name_makes_no_server_lame(net, ask):
    """It answers for the others."""
    net.failing.add("a.example.org")
    with pytest.raises(SilentError):
        ask.ask("a.example.org", "MX")
    ask.ask("example.org", "MX")

    assert ask.servers("example.org").lame == ()


def test_a_machine_without_a_resolver_needs_one(monkeypatch):
    """The message names the option."""

    def refuse() -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "get_default_resolver", refuse)

    with pytest.raises(UnableError, match="--resolver ADDRESS"):
        asker.resolver()
    assert asker.resolver([("192.0.2.53", 53)]).nameservers[0].port == 53
