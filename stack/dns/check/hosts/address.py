"""Checks the addresses of MAIL_HOSTNAME: A and AAAA."""

from collections.abc import Iterable
from ipaddress import ip_address

from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.check.kind import Kind
from stack.dns.lookup.answers import Answer
from stack.dns.lookup.asker import Asker

SETTINGS = {"A": "PUBLIC_IPV4", "AAAA": "PUBLIC_IPV6"}


def check(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """Compare the published addresses with PUBLIC_IPV4, or PUBLIC_IPV6."""
    found = asker.ask(subject.name, subject.type)
    if not subject.wanted:
        return _unasked(subject, facts, found)
    ours, seen = _normal(each.value for each in subject.wanted), _normal(found.texts)
    if not seen:
        return subject.missing("nobody finds this server: publish the record", found)
    if not seen & ours:
        return subject.wrong(
            found,
            f"mail goes elsewhere: correct the record, or {SETTINGS[subject.type]} in"
            " .env",
        )
    if others := sorted(seen - ours):
        return subject.wrong(
            found, f"a part of the mail goes to {', '.join(others)}: remove that record"
        )
    if found.alias:
        return subject.warning(
            found,
            f"is an alias (CNAME) of {found.alias}, which MX records must not name (RFC"
            " 2181 §10.3): publish the address itself",
        )
    return subject.ok(found)


def _unasked(subject: Subject, facts: Facts, found: Answer) -> Finding:
    """Judge the addresses of a kind that `stack dns show` has none of."""
    setting, is_ipv6 = SETTINGS[subject.type], subject.type == "AAAA"
    if not found.records:
        if is_ipv6 or facts.addresses:
            return subject.ok(found, "none is wanted")
        return subject.missing(
            f"nobody finds this server: write its address as {setting} into .env, then"
            " publish what `stack dns show` prints",
            found,
        )
    if is_ipv6 and not facts.listens_on_ipv6:
        return subject.wrong(
            found,
            "the mail ports are open on IPv4 alone, and other servers try IPv6 first:"
            " remove the record",
        )
    return subject.warning(
        found,
        f"not compared: if it is this server, write {setting}={found.texts[0]} into"
        " .env; otherwise remove the record",
    )


def _normal(addresses: Iterable[str]) -> set[str]:
    return {str(ip_address(each)) for each in addresses}


IPV4 = Kind("A", "A", check)
IPV6 = Kind("AAAA", "AAAA", check)
