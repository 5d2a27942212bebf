"""Checks where others report that TLS to this server has failed (RFC 8460 §3)."""

from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.check.kind import Kind
from stack.dns.check.policies import tags
from stack.dns.lookup.asker import Asker

SCHEMES = ("mailto:", "https:")


def check(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """Any valid address for reports is right."""
    found = tags.of_version(asker.ask(subject.name, "TXT"), "TLSRPTv1")
    if not found.records:
        return subject.warning(
            found, "nobody reports that mail to here fails for its TLS: publish it"
        )
    if len(found.records) > 1:
        return subject.wrong(found, "more than one record counts as none: leave one")
    policy = tags.read(found.texts[0]) or {}
    places = [each.strip() for each in policy.get("rua", "").split(",")]
    if not all(each.startswith(SCHEMES) for each in places):
        return subject.wrong(
            found, "names no address for reports (rua=mailto:…): correct it"
        )
    return subject.ok(found)


TLSRPT = Kind("TLSRPT", "TXT", check, begins="v=TLSRPTv1")
