"""DMARC aggregate reports: from dkim-verify's rows to XML by RFC 9990."""

import pytest
import xmlschema
from report_sender.counting.period import Period
from report_sender.counting.results import RowError
from report_sender.dmarc import report, rows

from tests.support.images.report_rows import OURS, message
from tests.support.places import ROOT

SCHEMA = xmlschema.XMLSchema(str(ROOT / "tests/support/images/dmarc-2.0.xsd"))
PERIOD = Period(1_790_985_600, 1_791_071_999)


def _report(*datagrams):
    results = [result for each in datagrams for result in rows.read(each)]
    counted = [(each.row, 1 + n) for n, each in enumerate(results)]
    text = report.written(results[0].group, counted, PERIOD, "abc123", OURS)
    SCHEMA.validate(text.decode())
    return SCHEMA.to_dict(text.decode(), namespaces={"": SCHEMA.target_namespace})


def test_a_report_says_whose_policy_it_is_about_and_from_whom_it_comes():
    """Metadata and policy_published, as the schema has them."""
    found = _report(message())

    assert found["version"] == 1
    assert found["report_metadata"] == {
        "org_name": "example.test",
        "email": "postmaster@example.test",
        "report_id": "abc123",
        "date_range": {"begin": 1_790_985_600, "end": 1_791_071_999},
        "generator": "mailstack report-sender",
    }
    assert found["policy_published"] == {
        "domain": "sender.test",
        "p": "reject",
        "np": "none",
        "adkim": "r",
        "aspf": "s",
        "fo": "1:d",
        "testing": "n",
        "discovery_method": "treewalk",
    }


def test_a_record_has_results_and_alignment():
    """Both the results themselves, and whether they prove the author's domain."""
    (record,) = _report(message())["record"]

    assert record["row"] == {
        "source_ip": "192.0.2.9",
        "count": 1,
        "policy_evaluated": {
            "disposition": "quarantine",
            "dkim": "fail",
            "spf": "pass",
            "reason": [
                {
                    "type": "local_policy",
                    "comment": {"@lang": "en", "$": "this server is set to mark"},
                }
            ],
        },
    }
    assert record["identifiers"] == {
        "header_from": "www.sender.test",
        "envelope_from": None,
    }
    assert record["auth_results"] == {
        "dkim": [
            {"domain": "sender.test", "selector": "s1", "result": "pass"},
            {"domain": "b.test", "selector": "s2", "result": "fail"},
        ],
        "spf": {"domain": "mx.sender.test", "scope": "mfrom", "result": "softfail"},
    }


@pytest.mark.parametrize(
    "row",
    [
        message(spf=[], dkim=[], reasons=[], aligned=[]),
        message(source="2001:db8::1", disposition="pass"),
        message({"sp": "none", "np": None, "testing": "y"}),
        message(header_from="<a href='x'>&.test", reasons=[["other", "]]>"]]),
        message(dkim=[["d.test", "s", "permerror"]] * 10),
    ],
)
def test_each_row_is_valid_by_the_schema(row):
    """Whatever a stranger has put into it, what is said stays text."""
    assert len(_report(row)["record"]) == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"", "no JSON"),
        (b"\xff", "no JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "policy is missing"),
        (b"[" * 100_000, "no JSON"),
        (message({"p": "x"}), "p is 'x'"),
        (message({"p": None}), "p is 'None'"),
        (message({"domain": "a" * 300}), "domain is 'aaa"),
        (message({"domain": "a\n.test"}), "domain is"),
        (message({"rua": "mailto:a@b.test"}), "rua is"),
        (message({"rua": [7]}), "rua is"),
        (message(source="a.test"), "source"),
        (message(source="/etc/passwd"), "source"),
        (message(disposition="delete"), "disposition is"),
        (message(header_from="b\u00fccher.test"), "header_from is"),
        (message(header_from="a\x00b"), "header_from is"),
        (message(dkim=[["d.test", "s"]]), "dkim is ''"),
        (message(dkim=[["d.test", "s", "maybe"]]), "dkim is 'maybe'"),
        (message(dkim=[["d.test", "s", "pass"]] * 11), "dkim is"),
        (message(spf=["a.test", "nice"]), "spf is 'nice'"),
        (message(reasons=[["because", ""]]), "reason is 'because'"),
    ],
)
def test_a_row_that_is_wrong_is_not_counted(row, reason):
    """It can't break the reports on others."""
    with pytest.raises(RowError, match=reason.replace("(", r"\(")):
        rows.read(row)


def test_equal_messages_are_one_row():
    """So that they are counted, and not listed."""
    assert rows.read(message()) == rows.read(message())
    assert rows.read(message()) != rows.read(message(source="192.0.2.10"))
    assert rows.read(message())[0].group != rows.read(message({"p": "none"}))[0].group
