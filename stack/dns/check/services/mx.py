"""Checks where other servers deliver the mail of a domain."""

from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.check.kind import Kind
from stack.dns.lookup.answers import plain
from stack.dns.lookup.asker import Asker


def check(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """All MX records should name this server."""
    found = asker.ask(subject.name, "MX")
    preferences: dict[str, int] = {}
    for each in found.records:
        host = plain(each.exchange)
        preferences[host] = min(each.preference, preferences.get(host, 1 << 16))
    if not preferences:
        return subject.missing(
            "other servers don't know where its mail goes: publish it", found
        )
    others = sorted(preferences.keys() - {facts.hostname})
    if facts.hostname not in preferences:
        return subject.wrong(
            found,
            f"no mail arrives here, it goes to {_listed(others)}: publish this one",
        )
    before = [
        host for host in others if preferences[host] <= preferences[facts.hostname]
    ]
    if before:
        return subject.warning(
            found, f"mail goes to {_listed(before)} first: remove it if it isn't yours"
        )
    if others:
        return subject.warning(
            found,
            f"while this server is down, mail goes to {_listed(others)}: remove it if"
            " it isn't yours, as senders try again for days anyway",
        )
    return subject.ok(found)


def _listed(hosts: list[str]) -> str:
    named = ["nobody (RFC 7505)" if host == "." else host for host in hosts]
    return ", ".join(named)


MX = Kind("MX", "MX", check)
