"""The JSON of a TLS report (RFC 8460, section 4)."""

import json
from collections.abc import Iterable
from typing import Any

from report_sender.configuration import Configuration
from report_sender.counting.period import Period
from report_sender.counting.results import Group, as_json


def written(
    group: Group,
    rows: Iterable[tuple[str, int]],
    period: Period,
    report_id: str,
    ours: Configuration,
) -> bytes:
    """
    Return the report on *group*, a JSON document.

    Args:
        group: Its domain is the one that mail was sent to.
        rows: Each with the number of sessions of which it is true.
        period: The time that it is about.
        report_id: Letters and digits, of no other report.
        ours: Who reports.
    """
    policies: dict[str, dict[str, Any]] = {}
    for row, count in rows:
        _count(policies, json.loads(row), count)
    report = {
        "organization-name": ours.domain,
        "date-range": {"start-datetime": period.first, "end-datetime": period.last},
        "contact-info": ours.contact,
        "report-id": f"{report_id}@{ours.domain}",
        "policies": [_with_domain(each, group.domain) for each in policies.values()],
    }
    return json.dumps(report, indent=1).encode()


def _count(
    policies: dict[str, dict[str, Any]], found: dict[str, Any], count: int
) -> None:
    policy = policies.setdefault(
        as_json(found["policy"]),
        {
            "policy": found["policy"],
            "summary": {
                "total-successful-session-count": 0,
                "total-failure-session-count": 0,
            },
            "failure-details": [],
        },
    )
    if failure := found.get("failure"):
        policy["failure-details"].append({**failure, "failed-session-count": count})
    else:
        end = "failure" if found["failed"] else "successful"
        policy["summary"][f"total-{end}-session-count"] += count


def _with_domain(found: dict[str, Any], domain: str) -> dict[str, Any]:
    policy = {"policy-domain": domain, **found["policy"]}
    return {**found, "policy": policy}
