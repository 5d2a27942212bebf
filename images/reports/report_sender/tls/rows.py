"""The datagrams of libtlsrpt, by which Postfix tells how a session was encrypted."""

import re
from collections.abc import Iterator
from typing import Any

from report_sender.counting.results import (
    Group,
    Result,
    RowError,
    as_json,
    parsed,
    text,
    texts,
)

# libtlsrpt's numbers for the words of RFC 8460, sections 4.3 and 4.4.
_POLICY_TYPES = {1: "tlsa", 2: "sts", 9: "no-policy-found"}
_FAILURES = {
    201: "starttls-not-supported",
    202: "certificate-host-mismatch",
    203: "certificate-not-trusted",
    204: "certificate-expired",
    205: "validation-failure",
    301: "sts-policy-fetch-error",
    302: "sts-policy-invalid",
    303: "sts-webpki-invalid",
    304: "tlsa-invalid",
    305: "dnssec-invalid",
    306: "dane-required",
}
_DETAILS = {
    "s": "sending-mta-ip",
    "n": "receiving-mx-hostname",
    "h": "receiving-mx-helo",
    "r": "receiving-ip",
    "a": "additional-information",
    "f": "failure-reason-code",
}

# A domain may publish more in its policy: this bounds the work that it causes.
_MOST_LINES = 100
_MOST_POLICIES = 5
_MOST_FAILURES = 10
_LONGEST = 512
_LONGEST_RECORD = 4096

_GREETING = re.compile(r"250[ -](\S+)")
_UNPRINTABLE = re.compile(r"[^ -~]+")


def read(datagram: bytes) -> list[Result]:
    """
    Return the results in *datagram*: each session's end, then what failed in it.

    Raises:
        RowError: It is not what libtlsrpt sends.
    """
    found = parsed(datagram)
    record = text(found, "pr", _LONGEST_RECORD)
    group = Group("tls", text(found, "d").lower().rstrip("."), as_json(record))
    policies = found.get("policies")
    if not isinstance(policies, list) or len(policies) > _MOST_POLICIES:
        raise RowError(f"policies are {str(policies)[:99]!r}")
    return [Result(group, as_json(row)) for each in policies for row in _rows(each)]


def _rows(found: object) -> Iterator[dict[str, object]]:
    if not isinstance(found, dict):
        raise RowError("a policy is no object")
    policy = _policy(found)
    yield {"policy": policy, "failed": bool(found.get("f"))}
    for each in (found.get("failure-details") or [])[:_MOST_FAILURES]:
        yield {"policy": policy, "failure": _failure(each)}


def _policy(found: dict[str, Any]) -> dict[str, object]:
    policy: dict[str, object] = {
        "policy-type": _meaning(_POLICY_TYPES, found, "policy-type")
    }
    for name in ("policy-string", "mx-host"):
        if name in found:
            policy[name] = texts(found[name], name, _MOST_LINES, _LONGEST)
    if "policy-domain" in found:
        policy["policy-domain"] = text(found, "policy-domain")
    return policy


def _failure(found: object) -> dict[str, str]:
    if not isinstance(found, dict):
        raise RowError("a failure is no object")
    details = {"result-type": _meaning(_FAILURES, found, "c")}
    for short, name in _DETAILS.items():
        if value := _plain(found.get(short)):
            details[name] = value
    return details


def _plain(value: object) -> str:
    """Return what of *value*, a stranger's words, may be shown."""
    words = value if isinstance(value, str) else ""
    # Postfix passes on all that a server answers to EHLO: the first line has its name.
    if greeting := _GREETING.match(words):
        words = greeting[1]
    return _UNPRINTABLE.sub(" ", words)[:_LONGEST]


def _meaning(meanings: dict[int, str], found: dict[str, Any], name: str) -> str:
    number = found.get(name)
    if not isinstance(number, int) or number not in meanings:
        raise RowError(f"{name} is {str(number)[:99]!r}")
    return meanings[number]
