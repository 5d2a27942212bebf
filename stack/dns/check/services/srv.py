"""Checks by which mail programs find the server (RFC 6186, RFC 8314)."""

from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.check.kind import Kind
from stack.dns.lookup.answers import plain
from stack.dns.lookup.asker import Asker


def check(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """Each SRV record should name this server, and the port that is open."""
    found = asker.ask(subject.name, "SRV")
    if not found.records:
        return subject.warning(
            found, "mail programs have to guess or ask their user: publish the record"
        )
    places = {(plain(each.target), each.port) for each in found.records}
    wanted = {_place(each.value) for each in subject.wanted}
    if others := sorted(host for host, _ in places if host != facts.hostname):
        return subject.wrong(
            found,
            f"mail programs go to {', '.join(others)} instead of this server: correct"
            " the record",
        )
    if places != wanted:
        return subject.warning(
            found,
            "names another port than the one in .env: correct the record, unless"
            " something of yours passes that port on",
        )
    return subject.ok(found)


def _place(value: str) -> tuple[str, int]:
    *_, port, host = value.split()
    return host, int(port)


SRV = Kind("SRV", "SRV", check)
