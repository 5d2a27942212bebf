"""Checks that no CAA record forbids our authority to issue certificates (RFC 8659)."""

from collections.abc import Iterator
from typing import Any

from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.check.kind import Kind
from stack.dns.lookup.answers import Answer
from stack.dns.lookup.asker import Asker

ISSUE, WILD = "issue", "issuewild"

# What authorities may be expected to know (RFC 8659 §4, RFC 9495 §3).
TAGS = (ISSUE, WILD, "iodef", "contactemail", "contactphone", "issuemail", "issuevmc")
CRITICAL = 128


def check(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """Judge the records that an authority would go by."""
    place, found = _relevant(subject.name, asker)
    if not found.records:
        return subject.warning(
            found,
            "any authority in the world may issue certificates for this name: publish"
            " the record, so that only ours does",
        )
    if unknown := _critical(found):
        return subject.wrong(
            found,
            f"the record {unknown} of {place} is critical and unknown, so no authority"
            " issues: remove it",
        )
    tags = {each.value.split()[1] for each in subject.wanted}
    closed = [tag for tag in sorted(tags) if not _allows(tag, found, facts.authorities)]
    if closed:
        return subject.wrong(
            found,
            f"{place} forbids our authority to issue ({', '.join(closed)}), so renewals"
            " fail: publish the record",
        )
    return subject.ok(found, f"by {place}" if place != subject.name else "")


def _relevant(name: str, asker: Asker) -> tuple[str, Answer]:
    """Return the records that are nearest to *name*, and where they are (§3)."""
    found = Answer()
    for place in _and_parents(name):
        found = asker.ask(place, "CAA")
        if found.records:
            return place, found
    return name, found


def _and_parents(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.partition(".")[2]


def _critical(found: Answer) -> str:
    for each in found.records:
        if each.flags & CRITICAL and _tag(each) not in TAGS:
            return _tag(each)
    return ""


def _allows(tag: str, found: Answer, authorities: tuple[str, ...]) -> bool:
    """Say whether *found* lets one of *authorities* issue, by §4.2 and §4.3."""
    values = {
        each: [_issuer(record) for record in found.records if _tag(record) == each]
        for each in (ISSUE, WILD)
    }
    counting = values[WILD] if tag == WILD and values[WILD] else values[ISSUE]
    return not counting or not set(authorities).isdisjoint(counting)


def _tag(record: Any) -> str:
    tag: bytes = record.tag
    return tag.decode(errors="replace").lower()


def _issuer(record: Any) -> str:
    """Return the authority, without parameters like accounturi (RFC 8657)."""
    value: bytes = record.value
    return value.decode(errors="replace").partition(";")[0].strip().lower()


CAA = Kind("CAA", "CAA", check)
