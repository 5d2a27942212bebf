"""Reads records that are lists of tags: DKIM, DMARC, TLSRPT (RFC 6376 §3.2)."""

from dataclasses import replace

from stack.dns.lookup.answers import Answer


def read(text: str) -> dict[str, str] | None:
    """Return the tags of *text* with their values; None if it is no such list."""
    found: dict[str, str] = {}
    for part in text.strip().removesuffix(";").split(";"):
        tag, equals, value = part.partition("=")
        tag = tag.strip()
        if not (tag and equals) or tag in found:
            return None
        found[tag] = value.strip()
    return found


def of_version(answer: Answer, version: str) -> Answer:
    """Return what is left of *answer* if only records with v=*version* count."""
    kept = [
        record
        for record, text in zip(answer.records, answer.texts, strict=True)
        if "".join(text.partition(";")[0].split()) == f"v={version}"
    ]
    return replace(answer, records=tuple(kept))
