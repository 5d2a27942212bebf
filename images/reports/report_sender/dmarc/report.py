"""The XML of an aggregate report (RFC 9990, section 3.1 and its appendix A)."""

import json
from collections.abc import Iterable
from typing import Any
from xml.etree import ElementTree as ET

from report_sender.configuration import Configuration
from report_sender.counting.period import Period
from report_sender.counting.results import Group

_NAMESPACE = "urn:ietf:params:xml:ns:dmarc-2.0"
_GENERATOR = "mailstack report-sender"


def written(
    group: Group,
    rows: Iterable[tuple[str, int]],
    period: Period,
    report_id: str,
    ours: Configuration,
) -> bytes:
    """
    Return the report on *group*, an XML document.

    Args:
        group: Its domain is the DMARC Policy Domain.
        rows: Each with the number of messages of which it is true.
        period: The time that it is about.
        report_id: Letters and digits, of no other report.
        ours: Who reports.
    """
    feedback = ET.Element("feedback", xmlns=_NAMESPACE)
    _texts(feedback, version="1.0")
    _metadata(ET.SubElement(feedback, "report_metadata"), period, report_id, ours)
    _policy(ET.SubElement(feedback, "policy_published"), group)
    for row, count in rows:
        _record(ET.SubElement(feedback, "record"), json.loads(row), count)
    ET.indent(feedback)
    text: bytes = ET.tostring(feedback, encoding="utf-8", xml_declaration=True)
    return text


def _metadata(
    parent: ET.Element, period: Period, report_id: str, ours: Configuration
) -> None:
    _texts(parent, org_name=ours.domain, email=ours.contact, report_id=report_id)
    dates = ET.SubElement(parent, "date_range")
    _texts(dates, begin=str(period.begin), end=str(period.end))
    _texts(parent, generator=_GENERATOR)


def _policy(parent: ET.Element, group: Group) -> None:
    published = json.loads(group.policy)
    del published["rua"]
    given = {name: value for name, value in published.items() if value is not None}
    _texts(parent, domain=group.domain, **given, discovery_method="treewalk")


def _record(parent: ET.Element, found: dict[str, Any], count: int) -> None:
    row = ET.SubElement(parent, "row")
    _texts(row, source_ip=found["source"], count=str(count))
    _evaluated(ET.SubElement(row, "policy_evaluated"), found)
    identifiers = ET.SubElement(parent, "identifiers")
    _texts(identifiers, header_from=found["header_from"])
    _texts(identifiers, envelope_from=found["envelope_from"])
    results = ET.SubElement(parent, "auth_results")
    for domain, selector, result in found["dkim"]:
        dkim = ET.SubElement(results, "dkim")
        _texts(dkim, domain=domain, selector=selector, result=result)
    if found["spf"]:
        domain, result = found["spf"]
        spf = ET.SubElement(results, "spf")
        _texts(spf, domain=domain, scope="mfrom", result=result)


def _evaluated(parent: ET.Element, found: dict[str, Any]) -> None:
    proved = {
        method: "pass" if method in found["aligned"] else "fail"
        for method in ("dkim", "spf")
    }
    _texts(parent, disposition=found["disposition"], **proved)
    for kind, comment in found["reasons"]:
        reason = ET.SubElement(parent, "reason")
        _texts(reason, type=kind)
        if comment:
            _texts(reason, comment=comment)


def _texts(parent: ET.Element, **texts: str) -> None:
    for name, value in texts.items():
        ET.SubElement(parent, name).text = value
