"""The port check reports every port that doesn't serve what lies in var/tls."""

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
    """Return the problems of a port that serves *shown*."""
    with serving(port, speaks(port, always(*shown))) as endpoint:
        return {each.problem for each in port_check.check([endpoint], wanted, HOST)}


def test_ports_are_checked_with_and_without_sni():
    """On every address; where all is well there is no problem."""
    with all_ports(always(RIGHT), "127.0.0.1", "::1") as found:
        results = port_check.check(found, stored(RIGHT), HOST)

    assert len(found) == 10
    asked = {(each.endpoint, each.host) for each in results}
    assert asked == {(each, host) for each in found for host in (HOST, "")}
    assert {(each.problem, each.key) for each in results} == {("", "ECDSA P-256")}
    assert {each.fingerprint for each in results} == {RIGHT.fingerprint}
    assert results == sorted(results)


def test_only_mail_hostname_is_checked_without_sni():
    """The others are served by SNI only."""
    wanted = stored(RIGHT) | stored(OTHER, name="www.example.com")

    with serving(993, speaks(993, always(RIGHT))) as endpoint:
        results = port_check.check([endpoint], wanted, HOST)

    wrong = {each.host: bool(each.problem) for each in results}
    assert wrong == {"": False, HOST: False, "www.example.com": True}


def test_wildcard_is_checked_with_a_name_below_it():
    """Clients never send a wildcard in SNI."""
    wild = bundle("*.example.net")

    with serving(993, speaks(993, always(wild))) as endpoint:
        results = port_check.check([endpoint], stored(wild, name="example.net"), HOST)

    assert [(each.host, each.problem) for each in results] == [("any.example.net", "")]


def test_wrong_certificate_is_reported_with_names_and_end():
    """The message identifies it."""
    assert problems(stored(RIGHT), OTHER) == {
        "serves another certificate, for www.example.com, a.example.com, valid until"
        f" {OTHER.not_after:%Y-%m-%d %H:%M}"
    }


def test_wrong_certificate_with_same_key_is_reported():
    """A renewal may keep the key, but the old certificate ends earlier."""
    again = bundle(HOST, key=RIGHT.key)

    (problem,) = problems(stored(RIGHT), again)

    assert problem.startswith(f"serves another certificate, for {HOST}, valid until")


@pytest.mark.parametrize(("wanted", "shown"), [(2, 1), (1, 2), (3, 2)])
def test_incomplete_chain_is_reported(wanted, shown):
    """Some clients know the intermediate certificate, others refuse the leaf alone."""
    whole = (*RIGHT.chain, *bundled(ROOT).chain)
    chains = [type(RIGHT)(RIGHT.key, whole[:length]) for length in (wanted, shown)]

    assert problems(stored(chains[0]), chains[1]) == {
        f"serves {shown} of a chain of {wanted} certificates"
    }


def test_chain_in_wrong_order_is_reported():
    """The number is right, but clients can't build the chain."""
    whole = type(RIGHT)(RIGHT.key, (*RIGHT.chain, *bundled(ROOT).chain))
    mixed = type(RIGHT)(RIGHT.key, (whole.chain[0], whole.chain[2], whole.chain[1]))

    assert problems(stored(whole), mixed) == {"serves 3 of a chain of 3 certificates"}


def test_expired_certificate_is_reported():
    """Although var/tls holds the same."""
    expired = bundle(begin=TODAY - 9 * DAY, end=TODAY - DAY)

    assert problems(stored(expired), expired) == {
        f"serves a certificate that expired on {TODAY - DAY:%Y-%m-%d}"
    }


def test_certificate_not_valid_yet_is_reported():
    """The message suggests to check the clock."""
    early = bundle(begin=TODAY + DAY)

    assert problems(stored(early), early) == {
        "serves a certificate that is not valid yet: see this machine's clock"
    }


def test_rsa_certificate_for_another_host_is_reported():
    """Old clients would refuse it."""
    beside = bundle("www.example.net", rsa=True)

    assert problems(stored(RIGHT, beside), RIGHT, beside) == {
        "",
        f"serves a certificate for www.example.net, not for {HOST}",
    }


def test_ecdsa_and_rsa_are_checked_apart():
    """Each kind of client must get its own certificate."""
    with serving(465, speaks(465, always(RIGHT, RSA))) as endpoint:
        results = port_check.check([endpoint], stored(RIGHT, RSA), HOST)

    assert {(each.key, each.fingerprint, each.problem) for each in results} == {
        ("ECDSA P-256", RIGHT.fingerprint, ""),
        ("RSA 2048", RSA.fingerprint, ""),
    }
    assert len(results) == 4


@pytest.mark.parametrize(("shown", "missing"), [(RIGHT, "RSA"), (RSA, "ECDSA")])
def test_missing_kind_of_key_is_reported(shown, missing):
    """The other kind may be right."""
    with serving(465, speaks(465, always(shown))) as endpoint:
        results = port_check.check([endpoint], stored(RIGHT, RSA), HOST)

    wrong = {each.key.split()[0] for each in results if each.problem}
    assert wrong == {missing}
    said = {each.problem for each in results if each.problem}
    assert all(each.startswith("does not serve it: ") for each in said)
    assert not any("(_ssl" in each for each in said)


def test_port_without_certificate_is_reported(monkeypatch):
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


def test_hanging_port_does_not_affect_others(monkeypatch):
    """The silent port is reported, and the others are checked all the same."""
    monkeypatch.setattr(handshake, "TIMEOUT", 1.0)

    with serving(25, hangs) as silent, serving(465, speaks(465, always(RIGHT))) as well:
        results = port_check.check([silent, well], stored(RIGHT), HOST)

    assert {(each.endpoint.port, bool(each.problem)) for each in results} == {
        (25, True),
        (465, False),
    }


def test_no_ports_no_results():
    """Callers report missing ports."""
    assert port_check.check([], stored(RIGHT), HOST) == []
    assert port_check.wait_until_served([], stored(RIGHT), HOST, 0) == []


def test_wait_ends_when_all_ports_are_right(monkeypatch):
    """It doesn't use up the timeout."""
    monkeypatch.setattr(port_check, "FIRST_PAUSE", 0.01)
    late = at_last(always(OTHER), always(RIGHT), after=6)

    with serving(25, speaks(25, late)) as endpoint:
        assert port_check.wait_until_served([endpoint], stored(RIGHT), HOST, 600) == []


def test_wait_returns_the_wrong_ports_at_the_timeout(monkeypatch):
    """Only wrong ports are returned."""
    monkeypatch.setattr(port_check, "FIRST_PAUSE", 0.01)

    with (
        serving(25, speaks(25, always(OTHER))) as stuck,
        serving(465, speaks(465, always(RIGHT))) as well,
    ):
        wrong = port_check.wait_until_served([stuck, well], stored(RIGHT), HOST, 0.1)

    assert {each.endpoint for each in wrong} == {stuck}
    assert all("serves another certificate" in each.problem for each in wrong)


def test_zero_timeout_checks_once():
    """A zero timeout still gives a result."""
    turning = at_last(always(OTHER), always(RIGHT), after=2)

    with serving(993, speaks(993, turning)) as endpoint:
        wrong = port_check.wait_until_served([endpoint], stored(RIGHT), HOST, 0)

    assert len(wrong) == 2


def test_certificate_without_names_is_reported():
    """An intermediate certificate has no host names."""
    served = bundled(MIDDLE)

    (problem,) = problems(stored(RIGHT), served)

    assert problem.startswith("serves another certificate, for no host, valid until")
