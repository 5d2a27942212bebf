"""Reads an SMTP TLS report (RFC 8460, section 4.4)."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from report_receiver.parsing.report import (
    Failures,
    RefusedError,
    Report,
    Sessions,
    domain,
    number,
    printable,
    text,
)

# Octets. JSON takes some fifty times its size in memory.
LARGEST = 2 * 1024 * 1024
MOST_POLICIES = 100
MOST_FAILURES = 10_000

_POLICIES = ("tlsa", "sts", "no-policy-found")


def parse(data: bytes, reporter: str) -> Report:
    """
    Return what the report *data*, a JSON document, says.

    Raises:
        RefusedError: It is no such report, or too large.
    """
    if len(data) > LARGEST:
        raise RefusedError(f"JSON of over {LARGEST} octets")
    try:
        found = _object(json.loads(data), "report")
    except (ValueError, RecursionError):
        raise RefusedError("broken JSON") from None
    if "policies" not in found:
        raise RefusedError("JSON that is no TLS report")
    policies = _objects(found["policies"], "policies", MOST_POLICIES)
    sessions = tuple(_sessions(each) for each in policies)
    if not sessions:
        raise RefusedError("no policies")
    counted: Counter[tuple[str, str, str]] = Counter()
    for failure, count in _failures(policies):
        counted[failure] += count
    period = _object(found.get("date-range"), "date-range")
    return Report(
        "tls",
        reporter,
        text(found.get("organization-name"), "organization-name"),
        text(found.get("report-id"), "report-id"),
        sessions[0].domain,
        _seconds(period, "start-datetime"),
        _seconds(period, "end-datetime"),
        sessions=sessions,
        failures=tuple(Failures(*each, count) for each, count in counted.items()),
    )


def _object(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise RefusedError(f"{what} is no JSON object")
    return value


def _objects(value: object, what: str, most: int) -> list[dict[str, object]]:
    if not isinstance(value, list) or len(value) > most:
        raise RefusedError(f"{what} is no list of up to {most}")
    return [_object(each, what) for each in value]


def _sessions(entry: dict[str, object]) -> Sessions:
    policy = _object(entry.get("policy"), "policy")
    summary = _object(entry.get("summary"), "summary")
    kind = policy.get("policy-type")
    if kind not in _POLICIES:
        raise RefusedError("policy-type is no word of the RFC")
    # The RFC has a list of patterns; many send one as text.
    hosts = policy.get("mx-host") or []
    hosts = hosts if isinstance(hosts, list) else [hosts]
    return Sessions(
        str(kind),
        domain(policy.get("policy-domain"), "policy-domain"),
        printable(" ".join(each for each in hosts if isinstance(each, str))),
        number(summary.get("total-successful-session-count"), "successful sessions"),
        number(summary.get("total-failure-session-count"), "failed sessions"),
    )


def _failures(
    policies: list[dict[str, object]],
) -> Iterator[tuple[tuple[str, str, str], int]]:
    left = MOST_FAILURES
    for policy in policies:
        details = policy.get("failure-details") or []
        for each in _objects(details, "failure-details", left):
            left -= 1
            result = text(each.get("result-type"), "result-type").lower()
            if not re.fullmatch(r"[a-z0-9-]+", result):
                raise RefusedError(f"result-type is no word: {result}")
            failure = (
                result,
                _optional(each.get("receiving-mx-hostname")).lower(),
                _optional(each.get("failure-reason-code")),
            )
            yield failure, number(each.get("failed-session-count"), "failed sessions")


def _optional(value: object) -> str:
    return printable(value) if isinstance(value, str) else ""


def _seconds(period: dict[str, object], name: str) -> int:
    try:
        return int(datetime.fromisoformat(text(period.get(name), name)).timestamp())
    except (ValueError, OverflowError):
        raise RefusedError(f"{name} is no time") from None
