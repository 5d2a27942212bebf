"""TLS reports: from the datagrams of Postfix's libtlsrpt to JSON by RFC 8460."""

import json

import pytest
from report_sender.counting.period import Period
from report_sender.counting.results import RowError
from report_sender.tls import report, rows

from tests.support.images.report_rows import OURS, session

PERIOD = Period(1_790_985_600, 1_791_071_999)


def _report(*datagrams):
    results = [result for each in datagrams for result in rows.read(each)]
    counted = [(row, results.count(row)) for row in dict.fromkeys(results)]
    text = report.written(
        results[0].group, [(r.row, n) for r, n in counted], PERIOD, "abc123", OURS
    )
    return json.loads(text)


def test_sessions_and_failures_are_counted_by_policy():
    """The form of RFC 8460, section 4.4."""
    found = _report(session(), session(), session({}), session({}, {"c": 204}))

    assert found == {
        "organization-name": "example.test",
        "date-range": {
            "start-datetime": "2026-10-03T00:00:00Z",
            "end-datetime": "2026-10-03T23:59:59Z",
        },
        "contact-info": "postmaster@example.test",
        "report-id": "abc123@example.test",
        "policies": [
            {
                "policy": {
                    "policy-type": "sts",
                    "policy-string": ["version: STSv1", "mode: testing"],
                    "policy-domain": "far.test",
                    "mx-host": ["*.far.test"],
                },
                "summary": {
                    "total-successful-session-count": 2,
                    "total-failure-session-count": 2,
                },
                "failure-details": [
                    _failure("certificate-not-trusted", 2),
                    _failure("certificate-expired", 1),
                ],
            }
        ],
    }


def _failure(kind, count):
    return {
        "result-type": kind,
        "sending-mta-ip": "198.51.100.1",
        "receiving-mx-hostname": "mx.far.test",
        "receiving-mx-helo": "mx.far.test",
        "receiving-ip": "192.0.2.7",
        "failure-reason-code": "self-signed",
        "failed-session-count": count,
    }


def test_a_domain_without_a_policy_is_reported_on():
    """It may have published no more than where to report to."""
    bare = {"policy-type": 9, "t": 0, "f": 0}

    (found,) = _report(session(policies=[bare]))["policies"]

    assert found["policy"] == {
        "policy-type": "no-policy-found",
        "policy-domain": "far.test",
    }


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("250-mx.far.test Hello\r\n250-PIPELINING\r\n250 STARTTLS", "mx.far.test"),
        ("mx.far.test", "mx.far.test"),
        ("\x1b[2J\r\nmx", " [2J mx"),
        ("b\u00fccher.test", "b cher.test"),
        ("x" * 600, "x" * 512),
        (7, None),
        ("", None),
    ],
)
def test_of_a_servers_answer_the_name_is_shown(told, shown):
    """Postfix passes on all that the server has said to EHLO."""
    (policy,) = _report(session({"h": told}))["policies"]

    (failure,) = policy["failure-details"]

    assert failure.get("receiving-mx-helo") == shown


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"{", "no JSON"),
        (session(d=None), "d is"),
        (session(pr="a\nb"), "pr is"),
        (session(policies={}), "policies are"),
        (session(policies=[[]]), "a policy is no object"),
        (session(policies=[{"policy-type": 3}]), "policy-type is '3'"),
        (session({"c": 999}), "c is '999'"),
        (session(policies=["x"]), "a policy is no object"),
        (session(policies=[{"policy-type": 9, "mx-host": "x"}]), "mx-host is"),
    ],
)
def test_a_datagram_that_is_wrong_is_not_counted(row, reason):
    """It can't break the reports on others."""
    with pytest.raises(RowError, match=reason):
        rows.read(row)
