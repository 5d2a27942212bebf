"""The rows that dkim-verify sends (mail_auth/verifying/dmarc/results.py)."""

import ipaddress
from typing import Any

from report_sender.counting.results import (
    Group,
    Result,
    RowError,
    as_json,
    parsed,
    printable,
    text,
    texts,
    word,
)

_POLICIES = ("none", "quarantine", "reject")
_DKIM = ("none", "pass", "fail", "policy", "neutral", "temperror", "permerror")
_SPF = (*_DKIM, "softfail")
_REASONS = (
    *("local_policy", "mailing_list", "other"),
    *("policy_test_mode", "trusted_forwarder"),
)

# As many signatures as dkim-verify looks at, and URIs as fit into a record.
_MOST_SIGNATURES = 10
_MOST_URIS = 100


def read(datagram: bytes) -> list[Result]:
    """Return the result in *datagram*; raises RowError."""
    found = parsed(datagram)
    policy = found.get("policy")
    if not isinstance(policy, dict):
        raise RowError("policy is missing")
    group = Group("dmarc", text(policy, "domain"), as_json(_policy(policy)))
    return [Result(group, as_json(_row(found)))]


def _policy(found: dict[str, Any]) -> dict[str, object]:
    return {
        "p": word(found, "p", *_POLICIES),
        "sp": word(found, "sp", None, *_POLICIES),
        "np": word(found, "np", None, *_POLICIES),
        "adkim": word(found, "adkim", "r", "s"),
        "aspf": word(found, "aspf", "r", "s"),
        "testing": word(found, "testing", "y", "n"),
        "fo": text(found, "fo"),
        "rua": texts(found.get("rua"), "rua", _MOST_URIS),
    }


def _row(found: dict[str, Any]) -> dict[str, object]:
    try:
        source = str(ipaddress.ip_address(text(found, "source")))
    except ValueError as error:
        raise RowError(f"source: {error}") from None
    return {
        "source": source,
        "disposition": word(found, "disposition", "pass", *_POLICIES),
        "aligned": [
            name for name in ("dkim", "spf") if name in _list(found, "aligned", 2)
        ],
        "reasons": [_reason(each) for each in _list(found, "reasons", 5)],
        "header_from": text(found, "header_from"),
        "envelope_from": text(found, "envelope_from"),
        "dkim": [_signature(each) for each in _list(found, "dkim", _MOST_SIGNATURES)],
        "spf": _spf(_list(found, "spf", 2)),
    }


def _list(found: dict[str, Any], name: str, most: int) -> list[Any]:
    value = found.get(name)
    if not (isinstance(value, list) and len(value) <= most):
        raise RowError(f"{name} is {str(value)[:99]!r}")
    return value


def _reason(value: object) -> list[str]:
    kind, comment = texts(value, "reason", 2) if _is_of(value, 2) else ("", "")
    return [_one_of(_REASONS, kind, "reason"), comment]


def _signature(value: object) -> list[str]:
    domain, selector, result = texts(value, "dkim", 3) if _is_of(value, 3) else [""] * 3
    return [domain, selector, _one_of(_DKIM, result, "dkim")]


def _spf(value: list[Any]) -> list[str]:
    if not value:
        return []
    domain, result = texts(value, "spf", 2) if _is_of(value, 2) else ("", "")
    return [printable(domain, "spf"), _one_of(_SPF, result, "spf")]


def _is_of(value: object, length: int) -> bool:
    return isinstance(value, list) and len(value) == length


def _one_of(allowed: tuple[str, ...], value: str, name: str) -> str:
    if value not in allowed:
        raise RowError(f"{name} is {value[:99]!r}")
    return value
