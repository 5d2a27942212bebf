"""Where reports may be sent to: nobody can have them sent to somebody else."""

import pytest
from mail_auth.dns.resolver import UnansweredError
from report_sender.counting.results import Group, as_json
from report_sender.delivery.destinations import allowed, parsed, uris

from tests.support.images.zone import Zone

_NAMES = {
    "_dmarc.a.test": "v=DMARC1; p=reject",
    "_dmarc.suffix.test": "v=DMARC1; p=none; psd=y",
    "a.test._report._dmarc.takes.test": "v=DMARC1",
    "a.test._report._dmarc.shouts.test": ["hello", "V=DMARC1;"],
    "a.test._report._dmarc.moves.test": "v=DMARC1; rua=mailto:new@moves.test",
    "a.test._report._dmarc.away.test": "v=DMARC1; rua=mailto:new@victim.test",
    "a.test._report._dmarc.wrong.test": "v=spf1 -all",
    "a.test._report._dmarc.silent.test": Zone.SILENT,
}


@pytest.mark.parametrize(
    ("uri", "addresses"),
    [
        ("mailto:r@a.test", ["r@a.test"]),
        ("mailto:r@below.a.test", ["r@below.a.test"]),
        ("mailto:r@takes.test", ["r@takes.test"]),
        ("mailto:r@shouts.test", ["r@shouts.test"]),
        ("mailto:old@moves.test", ["new@moves.test"]),
        ("mailto:r@away.test", []),
        ("mailto:r@wrong.test", []),
        ("mailto:r@victim.test", []),
        ("https://a.test/r", []),
        ("mailto:r@" + "b." * 120 + "test", []),
    ],
)
def test_others_get_dmarc_reports_only_if_they_take_them(uri, addresses):
    """RFC 9990, section 4: a record below _report._dmarc of the other's domain."""
    found = allowed("dmarc", "a.test", uri, Zone(_NAMES).resolver())

    assert [str(each) for each in found] == addresses


def test_domains_below_one_owner_are_no_others():
    """A subdomain's reports may go to the domain above; not to a neighbour's."""
    resolver = Zone(_NAMES).resolver()

    assert allowed("dmarc", "sub.a.test", "mailto:r@a.test", resolver)
    assert not allowed("dmarc", "one.suffix.test", "mailto:r@two.suffix.test", resolver)


def test_what_can_not_be_looked_up_is_not_decided():
    """It is tried again later."""
    with pytest.raises(UnansweredError):
        allowed("dmarc", "a.test", "mailto:r@silent.test", Zone(_NAMES).resolver())


def test_tls_reports_go_where_the_record_says():
    """RFC 8460 asks for no permission: the domain gets mail from here already."""
    found = allowed("tls", "a.test", "mailto:r@victim.test", Zone({}).resolver())

    assert [str(each) for each in found] == ["r@victim.test"]


@pytest.mark.parametrize(
    ("uri", "address", "most"),
    [
        ("mailto:R.x+y@A.test", "R.x+y@a.test", None),
        ("MAILTO:r@a.test!10m", "r@a.test", 10 * 1024 * 1024),
        ("mailto:r@a.test!50K", "r@a.test", 50 * 1024),
        ("mailto:r@a.test!1000", "r@a.test", 1000),
        ("mailto:r%21x@a.test", "r!x@a.test", None),
        ("mailto:r@b%C3%BCcher.test", "r@xn--bcher-kva.test", None),
        ("mailto:r@a.test?subject=x", "r@a.test", None),
    ],
)
def test_an_address_is_taken_from_a_mailto_uri(uri, address, most):
    """With the size that may follow it (RFC 7489, section 6.3)."""
    found = parsed(uri)

    assert (str(found), found.most) == (address, most)


@pytest.mark.parametrize(
    "uri",
    [
        *("mailto:", "mailto:a.test", "mailto:@a.test", "mailto:r@", "mailto:r@test"),
        *("http://a.test/", "file:///etc/passwd", "directory:/etc", "r@a.test"),
        *("mailto:r@a.test,x@b.test", "mailto:r%0Abcc:x@a.test", "mailto:<r@a.test"),
        *("mailto:r%20x@a.test", "mailto:r@a..test", "mailto:r@[192.0.2.1]"),
        *("mailto:r@a.test%0d%0aBcc:x", "mailto:../../etc/passwd@a.test/..", ""),
        *("mailto:r@a.test!x", "mailto:" + "r" * 65 + "@a.test", "mailto:r@-x"),
    ],
)
def test_what_is_no_plain_address_is_passed_over(uri):
    """Nothing of it gets into a header or a command."""
    assert parsed(uri) is None


def test_each_uri_counts_once_and_not_more_than_five():
    """A list that names one address twice, or a thousand, is a stranger's."""
    dmarc = Group("dmarc", "a.test", as_json({"rua": ["x:1", "x:1", *"abcdefgh"]}))
    tls = Group("tls", "a.test", as_json("v=TLSRPTv1; rua=mailto:a@a.test, x:2,x:2;"))

    assert uris(dmarc) == ["x:1", *"abcd"]
    assert uris(tls) == ["mailto:a@a.test", "x:2"]
    assert uris(Group("tls", "a.test", as_json("nonsense"))) == []
