"""Checks the name servers of a domain: does each answer, and for this domain?"""

from stack.dns.check.finding import Finding, Subject
from stack.dns.lookup.answers import SilentError
from stack.dns.lookup.asker import Asker


def check(domain: str, asker: Asker) -> Finding:
    """Return how the servers of *domain* have answered all that they were asked."""
    subject = Subject(domain, domain, "NS", "NS")
    try:
        servers = asker.servers(domain)
    except SilentError as error:
        return subject.unknown(f"{error}: is the domain registered?")
    bad = [f"{each.name} ({each.address}) does not answer" for each in servers.silent]
    bad += [
        f"{each.name} ({each.address}) does not answer for {servers.zone}"
        for each in servers.lame
    ]
    if servers.zone in ("", "."):
        return subject.warning(
            (),
            "no zone has it: register the domain, or ask for it"
            " in the private DNS that has it, by --resolver",
        )
    found = tuple(sorted(each.name for each in servers.answering))
    if found and not bad:
        return subject.ok(found, _place(servers.zone, domain))
    if found:
        return subject.warning(found, f"{'; '.join(bad)}: mend or replace it")
    reason = "; ".join(bad) or f"no name servers of {servers.zone} are to be found"
    return subject.warning(
        found, f"{reason}: the resolver was asked instead, whose cache may be old"
    )


def _place(zone: str, domain: str) -> str:
    return f"the zone is {zone}" if zone != domain else ""
