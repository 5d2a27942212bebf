"""Reads a DMARC aggregate report: that of RFC 9990, and of RFC 7489 before it."""

from collections import Counter
from collections.abc import Iterator
from io import BytesIO
from ipaddress import ip_address
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from report_receiver.parsing.report import (
    Messages,
    RefusedError,
    Report,
    domain,
    number,
    printable,
    text,
)

MOST_RECORDS = 100_000
# A record has about twenty elements, in five levels.
_MOST_ELEMENTS = 40 * MOST_RECORDS
_DEEPEST = 16

# Messages, without their number.
_Row = tuple[str, str, str, bool, bool, str]

# RFC 9990 says pass where a policy was not needed.
_DISPOSITIONS = {
    "none": "none",
    "pass": "none",
    "": "none",
    "quarantine": "quarantine",
    "reject": "reject",
}
# Why a policy was not applied (PolicyOverrideType).
_REASONS = frozenset(
    {
        *("forwarded", "mailing_list", "trusted_forwarder", "local_policy"),
        *("policy_test_mode", "sampled_out", "other"),
    }
)


def parse(data: bytes, reporter: str) -> Report:
    """
    Return what the report *data*, an XML document, says.

    Namespaces are not looked at: the two RFCs have different ones, and the same names.

    Raises:
        RefusedError: It is no such report, or too large.
    """
    found: dict[str, Element] = {}
    counted: Counter[_Row] = Counter()
    records = 0
    for element in _parts(data):
        if _name(element) != "record":
            found.setdefault(_name(element), element)
            continue
        records += 1
        if records > MOST_RECORDS:
            raise RefusedError(f"over {MOST_RECORDS} records")
        row, count = _record(element)
        counted[row] += count
    metadata, policy = (
        found.get(each, Element(each))
        for each in ("report_metadata", "policy_published")
    )
    return Report(
        "dmarc",
        reporter,
        text(_text(metadata, "org_name"), "org_name"),
        text(_text(metadata, "report_id"), "report_id"),
        domain(_text(policy, "domain"), "policy_published/domain"),
        _seconds(metadata, "begin"),
        _seconds(metadata, "end"),
        messages=tuple(Messages(*row, count) for row, count in counted.items()),
    )


def _parts(data: bytes) -> Iterator[Element]:
    """Yield what is right below the root, one after the other, and forget it."""
    depth = elements = 0
    root: Element | None = None
    try:
        events = iterparse(BytesIO(data), ("start", "end"), forbid_dtd=True)
        for event, element in events:
            if event == "start":
                depth, elements = depth + 1, elements + 1
                if depth > _DEEPEST or elements > _MOST_ELEMENTS:
                    raise RefusedError("too many XML elements, or too deep")
                if root is None:
                    root = element
                    if _name(root) != "feedback":
                        raise RefusedError("XML that is no DMARC report")
                continue
            depth -= 1
            if depth == 1 and root is not None:
                yield element
                root.clear()
    except DefusedXmlException:
        raise RefusedError("XML with a DTD or entities") from None
    except (ParseError, ValueError, LookupError):
        raise RefusedError("broken XML") from None


def _name(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _child(element: Element | None, name: str) -> Element | None:
    return next((each for each in element or () if _name(each) == name), None)


def _text(element: Element, *path: str) -> str:
    found: Element | None = element
    for name in path:
        found = _child(found, name)
    return "" if found is None else (found.text or "").strip()


def _seconds(metadata: Element, name: str) -> int:
    # Some write 1700000000.0.
    value = _text(metadata, "date_range", name).partition(".")[0]
    return number(value, f"date_range/{name}", 10**11)


def _record(record: Element) -> tuple[_Row, int]:
    source = printable(_text(record, "row", "source_ip"))
    try:
        source = str(ip_address(source))
    except ValueError:
        raise RefusedError(f"source_ip is no address: {source}") from None
    disposition = _text(record, "row", "policy_evaluated", "disposition").lower()
    if disposition not in _DISPOSITIONS:
        raise RefusedError(
            f"disposition is no word of the RFC: {printable(disposition)}"
        )
    reason = _text(record, "row", "policy_evaluated", "reason", "type").lower()
    row = (
        source,
        domain(_text(record, "identifiers", "header_from"), "header_from"),
        _DISPOSITIONS[disposition],
        _text(record, "row", "policy_evaluated", "dkim").lower() == "pass",
        _text(record, "row", "policy_evaluated", "spf").lower() == "pass",
        reason if reason in _REASONS else "other" if reason else "",
    )
    return row, number(_text(record, "row", "count"), "count")
