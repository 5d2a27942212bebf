"""What the report-sender is told of a message, for aggregate reports (RFC 9990)."""

import json
import socket
import time

import pytest
from mail_auth.headers.authentication_results import DKIMVerdict
from mail_auth.verifying.arc import Chain
from mail_auth.verifying.dmarc.enforcement import DMARCVerdict, Enforcement
from mail_auth.verifying.dmarc.evaluation import Author, Identifier, evaluate
from mail_auth.verifying.dmarc.results import Judged, results, tell
from mail_auth.verifying.spf import SPFVerdict

from tests.support.images.zone import Zone

_RUA = "rua=mailto:r@a.test"
_NAMES = {
    "_dmarc.reject.test": f"v=DMARC1; p=reject; np=none; aspf=s; fo=1; {_RUA}",
    "www.reject.test": {"A": ["192.0.2.1"]},
    "_dmarc.none.test": f"v=DMARC1; p=none; {_RUA}",
    "_dmarc.trial.test": f"v=DMARC1; p=reject; t=y; {_RUA}",
    "_dmarc.silent.test": "v=DMARC1; p=reject",
}
_NO_CHAIN = Chain("none", "no chain")
_NO_SPF = SPFVerdict("none", "", "")


def _rows(*authors, spf=_NO_SPF, signatures=(), enforcement=None, sender="a@b.test"):
    enforcement = enforcement or Enforcement("refuse")
    resolver = Zone(_NAMES).resolver()
    authors = [Author(each, resolver) for each in authors]
    identifiers = [Identifier("spf", spf.domain, spf.result)]
    identifiers += [Identifier("dkim", s.tags["d"], s.result) for s in signatures]
    evaluations = evaluate(authors, identifiers)
    verdict = enforcement.decide(evaluations, identifiers, _NO_CHAIN)
    judged = Judged("192.0.2.9", sender, spf, signatures, verdict, enforcement.mode)
    return list(results(authors, evaluations, judged))


def _signature(domain, result="pass", selector="s1"):
    return DKIMVerdict(result, "", {"d": domain, "s": selector})


def test_a_row_has_policy_source_results_and_alignment():
    """All that RFC 9990 wants in a row, and no address but that of the server."""
    spf = SPFVerdict("pass", "mail.reject.test", "")
    signatures = [_signature("b.test", "fail"), _signature("reject.test")]

    (row,) = _rows("www.reject.test", spf=spf, signatures=signatures)

    assert row == {
        "policy": {
            "domain": "reject.test",
            "p": "reject",
            "sp": None,
            "np": "none",
            "adkim": "r",
            "aspf": "s",
            "fo": "1",
            "testing": "n",
            "rua": ("mailto:r@a.test",),
        },
        "source": "192.0.2.9",
        "disposition": "pass",
        "aligned": ["dkim"],
        "reasons": [],
        "header_from": "www.reject.test",
        "envelope_from": "mail.reject.test",
        "dkim": [("reject.test", "s1", "pass"), ("b.test", "s1", "fail")],
        "spf": ["mail.reject.test", "pass"],
    }


def test_nothing_is_told_of_domains_that_want_no_reports():
    """Neither without a policy, nor without a place to report to."""
    assert _rows("unknown.test") == []
    assert _rows("silent.test") == []
    assert [row["header_from"] for row in _rows("reject.test", "silent.test")] == [
        "reject.test"
    ]


def test_a_bounce_has_no_envelope_sender():
    """SPF was checked for the name in EHLO then (RFC 7208, section 2.4)."""
    spf = SPFVerdict("pass", "mx.b.test", " smtp.helo=mx.b.test")

    (row,) = _rows("reject.test", spf=spf, sender="")

    assert row["envelope_from"] == ""
    assert row["spf"] == ["mx.b.test", "pass"]


@pytest.mark.parametrize(
    ("domain", "enforcement", "signed_by", "disposition", "reasons"),
    [
        ("reject.test", Enforcement("refuse"), "", "reject", []),
        ("reject.test", Enforcement("refuse"), "reject.test", "pass", []),
        ("none.test", Enforcement("refuse"), "", "none", []),
        ("none.test", Enforcement("refuse"), "none.test", "none", []),
        (
            "reject.test",
            Enforcement("mark"),
            "",
            "quarantine",
            [("local_policy", "this server is set to mark")],
        ),
        (
            "reject.test",
            Enforcement("off"),
            "",
            "none",
            [("local_policy", "this server is set to off")],
        ),
        (
            "trial.test",
            Enforcement("refuse"),
            "",
            "quarantine",
            [("policy_test_mode", "")],
        ),
        (
            "reject.test",
            Enforcement("refuse", frozenset({"list.test"})),
            "list.test",
            "none",
            [("trusted_forwarder", "")],
        ),
    ],
)
def test_what_differs_from_the_policy_has_its_reason(
    domain, enforcement, signed_by, disposition, reasons
):
    """The owner learns what was done, and why it is not what the owner asked for."""
    signatures = [_signature(signed_by)] if signed_by else []

    (row,) = _rows(domain, signatures=signatures, enforcement=enforcement)

    assert (row["disposition"], row["reasons"]) == (disposition, reasons)


def test_of_several_authors_each_has_its_own_row():
    """The stricter policy counted for both of them."""
    first, second = _rows("none.test", "reject.test")

    assert (first["header_from"], first["disposition"]) == ("none.test", "reject")
    assert first["reasons"] == [
        ("other", "the policy of another author's domain counts")
    ]
    assert (second["header_from"], second["reasons"]) == ("reject.test", [])


def test_an_override_by_arc_is_local_policy():
    """There is no word for ARC in the schema but this one."""
    author = Author("reject.test", Zone(_NAMES).resolver())
    evaluations = evaluate([author], [])
    verdict = DMARCVerdict(evaluations[0], "none", "arc")
    judged = Judged("192.0.2.9", "", _NO_SPF, [], verdict, "refuse")

    (row,) = results([author], evaluations, judged)

    assert row["reasons"] == [("local_policy", "arc=pass")]


def test_rows_reach_who_listens(tmp_path):
    """Each as one datagram of JSON."""
    place = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(place))

        assert tell(place, [{"a": 1}, {"b": 2}]) == ""
        assert [json.loads(listening.recv(99)) for _ in "ab"] == [{"a": 1}, {"b": 2}]


def test_nobody_waits_for_who_does_not_read(tmp_path):
    """Nobody is there, or the queue is full: the row is lost, at once."""
    place = tmp_path / "socket"
    assert tell(place, [{}]) == "No such file or directory"

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as silent:
        silent.bind(str(place))
        begin = time.monotonic()
        said = tell(place, [{"row": n} for n in range(100_000)])

    assert said == "Resource temporarily unavailable"
    assert time.monotonic() - begin < 5


def test_a_fault_in_a_row_is_no_fault_of_the_message(tmp_path):
    """It is told, and mail goes on."""

    def rows():
        raise KeyError("s")
        yield {}

    assert tell(tmp_path / "socket", rows()) == "KeyError: 's'"
