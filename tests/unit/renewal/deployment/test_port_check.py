"""Whether every port serves what lies in var/tls, and what it serves instead."""

import pytest

from stack.certs.store import Stored
from stack.renewal.deployment import handshake, port_check
from tests.support.certs.authority import DAY, HOST
from tests.support.certs.bundles import MIDDLE, ROOT, TODAY, bundle, bundled
from tests.support.network.mail_ports import (
    all_ports,
    always,
    at_last,
    closed,
    hangs,
    says,
    serving,
    speaks,
)

RIGHT = bundle(HOST, "*.example.net")
RSA = bundle(HOST, rsa=True)
OTHER = bundle("www.example.com", "a.example.com", end=TODAY + 5 * DAY)


def stored(*bundles, name=HOST) -> dict[str, Stored]:
    """Return what var/tls would hold: the second of *bundles* is beside the first."""
    files = (f"{name}.pem", f"{name}.rsa.pem")
    return {name: Stored(name, dict(zip(files, bundles, strict=False)))}


def problems(wanted: dict[str, Stored], *shown, port: int = 465) -> set[str]:
    """Return what is said of a port that shows *shown*."""
    with serving(port, speaks(port, always(*shown))) as endpoint:
        return {each.problem for each in port_check.check([endpoint], wanted, HOST)}


def test_every_port_is_asked_with_the_name_and_without_one():
    """On every address; where all is well there is no problem."""
    with all_ports(always(RIGHT), "127.0.0.1", "::1") as found:
        results = port_check.check(found, stored(RIGHT), HOST)

    assert len(found) == 10
    asked = {(each.endpoint, each.host) for each in results}
    assert asked == {(each, host) for each in found for host in (HOST, "")}
    assert {(each.problem, each.key) for each in results} == {("", "ECDSA P-256")}
    assert {each.fingerprint for each in results} == {RIGHT.fingerprint}
    assert results == sorted(results)


def test_only_the_hosts_own_certificate_is_for_those_who_ask_for_none():
    """The others are for those who ask for their names."""
    wanted = stored(RIGHT) | stored(OTHER, name="www.example.com")

    with serving(993, speaks(993, always(RIGHT))) as endpoint:
        results = port_check.check([endpoint], wanted, HOST)

    wrong = {each.host: bool(each.problem) for each in results}
    assert wrong == {"": False, HOST: False, "www.example.com": True}


def test_a_star_is_asked_for_with_some_name_below_it():
    """No client says a star."""
    wild = bundle("*.example.net")

    with serving(993, speaks(993, always(wild))) as endpoint:
        results = port_check.check([endpoint], stored(wild, name="example.net"), HOST)

    assert [(each.host, each.problem) for each in results] == [("any.example.net", "")]


def test_another_certificate_is_told_with_its_names_and_its_end():
    """So that one sees which one it is."""
    assert problems(stored(RIGHT), OTHER) == {
        "serves another certificate, for www.example.com, a.example.com, valid until"
        f" {OTHER.not_after:%Y-%m-%d %H:%M}"
    }


def test_another_certificate_with_the_same_key_is_another():
    """A renewal may keep the key; the one before ends earlier."""
    again = bundle(HOST, key=RIGHT.key)

    (problem,) = problems(stored(RIGHT), again)

    assert problem.startswith(f"serves another certificate, for {HOST}, valid until")


@pytest.mark.parametrize(("wanted", "shown"), [(2, 1), (1, 2), (3, 2)])
def test_a_chain_that_is_not_whole_is_told(wanted, shown):
    """Some clients know the middle one, others refuse the leaf alone."""
    whole = (*RIGHT.chain, *bundled(ROOT).chain)
    chains = [type(RIGHT)(RIGHT.key, whole[:length]) for length in (wanted, shown)]

    assert problems(stored(chains[0]), chains[1]) == {
        f"serves {shown} of a chain of {wanted} certificates"
    }


def test_a_chain_in_another_order_is_not_the_chain():
    """As many certificates are there, and clients lose their way."""
    whole = type(RIGHT)(RIGHT.key, (*RIGHT.chain, *bundled(ROOT).chain))
    mixed = type(RIGHT)(RIGHT.key, (whole.chain[0], whole.chain[2], whole.chain[1]))

    assert problems(stored(whole), mixed) == {"serves 3 of a chain of 3 certificates"}


def test_what_has_expired_is_told():
    """Although it is what lies there."""
    expired = bundle(begin=TODAY - 9 * DAY, end=TODAY - DAY)

    assert problems(stored(expired), expired) == {
        f"serves a certificate that expired on {TODAY - DAY:%Y-%m-%d}"
    }


def test_what_is_not_valid_yet_is_told():
    """It is the clock, more often than the certificate."""
    early = bundle(begin=TODAY + DAY)

    assert problems(stored(early), early) == {
        "serves a certificate that is not valid yet: see this machine's clock"
    }


def test_a_certificate_beside_that_is_for_another_host_is_told():
    """Old clients would refuse it."""
    beside = bundle("www.example.net", rsa=True)

    assert problems(stored(RIGHT, beside), RIGHT, beside) == {
        "",
        f"serves a certificate for www.example.net, not for {HOST}",
    }


def test_both_kinds_of_keys_are_asked_for_and_told_apart():
    """Each of the two clients is to get its own."""
    with serving(465, speaks(465, always(RIGHT, RSA))) as endpoint:
        results = port_check.check([endpoint], stored(RIGHT, RSA), HOST)

    assert {(each.key, each.fingerprint, each.problem) for each in results} == {
        ("ECDSA P-256", RIGHT.fingerprint, ""),
        ("RSA 2048", RSA.fingerprint, ""),
    }
    assert len(results) == 4


@pytest.mark.parametrize(("shown", "missing"), [(RIGHT, "RSA"), (RSA, "ECDSA")])
def test_a_kind_that_is_missing_is_told(shown, missing):
    """The other one being right doesn't hide it."""
    with serving(465, speaks(465, always(shown))) as endpoint:
        results = port_check.check([endpoint], stored(RIGHT, RSA), HOST)

    wrong = {each.key.split()[0] for each in results if each.problem}
    assert wrong == {missing}
    said = {each.problem for each in results if each.problem}
    assert all(each.startswith("does not serve it: ") for each in said)
    assert not any("(_ssl" in each for each in said)


def test_a_port_that_serves_nothing_is_told_with_the_reason(monkeypatch):
    """Closed, silent, without STARTTLS, or something else altogether."""
    monkeypatch.setattr(handshake, "TIMEOUT", 1.0)
    refuses = says(b"220 \r\n", b"250 \r\n", b"454 4.7.0 No TLS\r\n")

    with (
        serving(25, refuses) as refusing,
        serving(143, hangs) as hanging,
        serving(993, says(b"SSH-2.0-x\r\n")) as other,
    ):
        ports = [refusing, hanging, other, closed(587)]
        results = port_check.check(ports, stored(RIGHT), HOST)

    said = {each.endpoint.port: each.problem for each in results}
    assert len(results) == 8
    assert {each.fingerprint for each in results} == {""}
    nothing = "does not serve it: "
    assert said[25] == f"{nothing}instead of STARTTLS it answered: 454 4.7.0 No TLS"
    assert said[143] == f"{nothing}timed out"
    assert said[587] == f"{nothing}Connection refused"
    assert said[993].startswith(nothing)


def test_a_port_that_hangs_is_not_blamed_on_another(monkeypatch):
    """One that is silent is told, and what the others show is seen all the same."""
    monkeypatch.setattr(handshake, "TIMEOUT", 1.0)

    with serving(25, hangs) as silent, serving(465, speaks(465, always(RIGHT))) as well:
        results = port_check.check([silent, well], stored(RIGHT), HOST)

    assert {(each.endpoint.port, bool(each.problem)) for each in results} == {
        (25, True),
        (465, False),
    }


def test_without_ports_there_is_nothing_to_see():
    """That is for others to complain of."""
    assert port_check.check([], stored(RIGHT), HOST) == []
    assert port_check.wait_until_served([], stored(RIGHT), HOST, 0) == []


def test_it_waits_until_all_is_well(monkeypatch):
    """And not a moment longer, however long it might have."""
    monkeypatch.setattr(port_check, "FIRST_PAUSE", 0.01)
    late = at_last(always(OTHER), always(RIGHT), after=6)

    with serving(25, speaks(25, late)) as endpoint:
        assert port_check.wait_until_served([endpoint], stored(RIGHT), HOST, 600) == []


def test_who_has_waited_in_vain_is_told_what_is_wrong(monkeypatch):
    """Of each port that is, and of no other."""
    monkeypatch.setattr(port_check, "FIRST_PAUSE", 0.01)

    with (
        serving(25, speaks(25, always(OTHER))) as stuck,
        serving(465, speaks(465, always(RIGHT))) as well,
    ):
        wrong = port_check.wait_until_served([stuck, well], stored(RIGHT), HOST, 0.1)

    assert {each.endpoint for each in wrong} == {stuck}
    assert all("serves another certificate" in each.problem for each in wrong)


def test_without_time_it_looks_once():
    """Whoever doesn't want to wait still gets an answer."""
    turning = at_last(always(OTHER), always(RIGHT), after=2)

    with serving(993, speaks(993, turning)) as endpoint:
        wrong = port_check.wait_until_served([endpoint], stored(RIGHT), HOST, 0)

    assert len(wrong) == 2


def test_an_issuer_is_no_host():
    """The middle of a chain, served alone, is another certificate for nobody."""
    served = bundled(MIDDLE)

    (problem,) = problems(stored(RIGHT), served)

    assert problem.startswith("serves another certificate, for no host, valid until")
