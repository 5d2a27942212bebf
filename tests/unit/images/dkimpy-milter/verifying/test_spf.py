"""What the verifying milter says of a client that sends for a domain (RFC 7208)."""

import time

import pytest
from mail_auth.verifying import spf

from tests.support.images.zone import Zone

_NAMES = {
    "none.test": "v=spf10 is another thing",
    "pass.test": "v=spf1 ip4:192.0.2.0/24 -all",
    "fail.test": "v=spf1 ip4:198.51.100.1 -all",
    "softfail.test": "v=spf1 ~all",
    "neutral.test": "v=spf1 ?all",
    "silence.test": "v=spf1",
    "double.test": ["v=spf1 +all", "v=spf1 -all"],
    "typo.test": "v=spf1 ipv4:192.0.2.1 -all",
    "silent.test": Zone.SILENT,
    "asks-silent.test": "v=spf1 a:silent.test -all",
    "a.test": {"TXT": [b"v=spf1 a/24 -all"], "A": ["192.0.2.9"]},
    "mx.test": {"TXT": [b"v=spf1 mx -all"], "MX": [(10, "six.test"), (5, "in.test")]},
    "in.test": {"A": ["192.0.2.1"]},
    "six.test": {"TXT": [b"v=spf1 a -all"], "AAAA": ["2001:db8::1"]},
    "includes.test": "v=spf1 include:pass.test -all",
    "includes-fail.test": "v=spf1 include:fail.test ?all",
    "includes-none.test": "v=spf1 include:nowhere.test +all",
    "redirects.test": "v=spf1 redirect=pass.test",
    "redirects-nowhere.test": "v=spf1 redirect=nowhere.test",
    "circle.test": "v=spf1 include:circle2.test -all",
    "circle2.test": "v=spf1 include:circle.test -all",
    "macro.test": "v=spf1 exists:%{ir}.%{v}.%{l}.ok.test -all",
    "1.2.0.192.in-addr.joe.ok.test": {"A": ["127.0.0.2"]},
    "ptr.test": "v=spf1 ptr -all",
    "1.2.0.192.in-addr.arpa": {"PTR": ["mail.ptr.test"]},
    "mail.ptr.test": {"A": ["192.0.2.1"]},
    "void.test": "v=spf1 a:v1.test a:v2.test a:v3.test +all",
    "two-void.test": "v=spf1 a:v1.test a:v2.test +all",
    "ten.test": f"v=spf1 {' '.join(f'a:in{n}.test' for n in range(10))} +all",
    "eleven.test": f"v=spf1 {' '.join(f'a:in{n}.test' for n in range(11))} +all",
    **{f"in{n}.test": {"A": ["198.51.100.9"]} for n in range(11)},
    "explains.test": "v=spf1 -all exp=explain.test",
    "long.test": "v=spf1 " + "ip4:198.51.100.1 " * 400 + "+all",
    "xn--nicode-2ya.test": "v=spf1 +all",
    "quoted.test": b"v=spf1 \xff +all",
}


def _check(sender, client="192.0.2.1", helo="mx.helo.test", names=_NAMES):
    zone = Zone(names)
    return spf.check(client, helo, sender, zone.resolver()), zone


@pytest.mark.parametrize(
    ("domain", "result"),
    [
        ("nowhere.test", "none"),
        ("none.test", "none"),
        ("pass.test", "pass"),
        ("PASS.Test", "pass"),
        ("fail.test", "fail"),
        ("softfail.test", "softfail"),
        ("neutral.test", "neutral"),
        ("silence.test", "neutral"),
        ("double.test", "permerror"),
        ("typo.test", "permerror"),
        ("silent.test", "temperror"),
        ("asks-silent.test", "temperror"),
        ("a.test", "pass"),
        ("mx.test", "pass"),
        ("six.test", "fail"),
        ("includes.test", "pass"),
        ("includes-fail.test", "neutral"),
        ("includes-none.test", "permerror"),
        ("redirects.test", "pass"),
        ("redirects-nowhere.test", "permerror"),
        ("circle.test", "permerror"),
        ("macro.test", "pass"),
        ("ptr.test", "pass"),
        ("void.test", "permerror"),
        ("two-void.test", "pass"),
        ("ten.test", "pass"),
        ("eleven.test", "permerror"),
        ("long.test", "permerror"),
        ("quoted.test", "permerror"),
    ],
)
def test_spf_results_follow_rfc_7208(domain, result):
    """The record of the domain in MAIL FROM decides, within the limits of 4.6.4."""
    verdict, _ = _check(f"joe@{domain}")

    assert verdict.result == result


@pytest.mark.parametrize(
    "name", ["ünicode.test", "ÜNICODE.test", "xn--nicode-2ya.test"]
)
def test_spf_of_internationalized_domain_uses_a_labels(name):
    """However it is written, it is one domain (RFC 8616, section 4)."""
    verdict, _ = _check(f"jürgen@{name}")

    assert (verdict.result, verdict.domain) == ("pass", "xn--nicode-2ya.test")
    assert str(verdict).endswith(" smtp.mailfrom=xn--nicode-2ya.test")


def test_empty_sender_is_checked_by_helo():
    """Without a sender, postmaster at the name in HELO stands for it (2.4)."""
    verdict, _ = _check("", helo="pass.test")

    assert str(verdict).startswith("spf=pass (")
    assert str(verdict).endswith(" smtp.helo=pass.test")


@pytest.mark.parametrize("helo", ["[192.0.2.1]", "localhost", "", "a b.test"])
def test_sender_without_valid_domain_is_none(helo):
    """Nobody is asked about a client that doesn't say a domain (4.3)."""
    verdict, zone = _check("", helo=helo)

    assert verdict.result == "none"
    assert zone.asked == []


def test_an_ipv6_client_is_judged_by_ipv6_addresses():
    """The a mechanism looks at AAAA records then (5.3)."""
    assert _check("x@six.test", client="2001:db8::1")[0].result == "pass"


def test_domain_follows_the_last_at_sign():
    """A quoted local part can hold another domain, which is nobody's claim."""
    verdict, _ = _check('"x@pass.test"@fail.test')

    assert (verdict.result, verdict.domain) == ("fail", "fail.test")
    assert str(verdict).endswith(" smtp.mailfrom=fail.test")


def test_sender_address_cannot_forge_authentication_results():
    """A sender that isn't plainly an address is told by its domain alone."""
    verdict, _ = _check("from=proven@pass.test")

    assert str(verdict).endswith(" smtp.mailfrom=pass.test")


def test_no_explanation_is_looked_up():
    """Nobody would be shown it, and it costs a look-up."""
    verdict, zone = _check("x@explains.test")

    assert verdict.result == "fail"
    assert ("explain.test", "TXT") not in zone.asked


def test_too_many_includes_are_permerror():
    """The look-ups of a whole tree of records are counted together."""
    names = {
        f"t{n}.test": "v=spf1 " + " ".join(f"include:t{n + 1}.test" for _ in range(30))
        for n in range(30)
    }
    began = time.monotonic()

    verdict, zone = _check("x@t0.test", names=names)

    assert verdict.result == "permerror"
    assert len(zone.asked) <= 12
    assert time.monotonic() - began < 1
