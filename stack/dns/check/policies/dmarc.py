"""Checks what receivers are told to do with mail that forges a domain (RFC 9989)."""

from stack.accounts.addresses import nearest
from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.check.kind import Kind
from stack.dns.check.policies import tags
from stack.dns.lookup.asker import Asker

POLICIES = ("none", "quarantine", "reject")


def check(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """Any valid policy is right; one that asks for nothing deserves a warning."""
    found = tags.of_version(asker.ask(subject.name, "TXT"), "DMARC1")
    if not found.records:
        return subject.missing(
            "large receivers want a policy, and nobody refuses forged mail: publish it",
            found,
        )
    if len(found.records) > 1:
        return subject.wrong(found, "more than one record counts as none: leave one")
    policy = tags.read(found.texts[0])
    if policy is None or _bad(policy):
        return subject.wrong(
            found, "can't be read as a policy: publish this one, or correct yours"
        )
    remarks = [*_weak(policy), *_unauthorised(subject, policy, asker)]
    if remarks:
        return subject.warning(found, "; ".join(remarks))
    differs = found.texts[0] != subject.wanted[0].value
    return subject.ok(found, "a policy of your own" if differs else "")


def _bad(policy: dict[str, str]) -> bool:
    wants = [policy[tag] for tag in ("p", "sp", "np") if tag in policy]
    return "p" not in policy or any(each.lower() not in POLICIES for each in wants)


def _weak(policy: dict[str, str]) -> list[str]:
    """Return why forged mail would still be taken."""
    found = []
    if policy["p"].lower() == "none":
        found.append(
            "p=none lets forged mail through: when the reports are clean,"
            " publish p=quarantine or p=reject"
        )
    elif policy.get("sp", "").lower() == "none":
        found.append("sp=none lets mail through that forges a subdomain")
    if policy.get("t") == "y" or policy.get("pct", "100") != "100":
        found.append("t= or pct= keeps receivers from following the policy")
    return found


def _unauthorised(subject: Subject, policy: dict[str, str], asker: Asker) -> list[str]:
    """Return which addresses get no reports: RFC 9990 §4, they must have agreed."""
    domain = subject.name.removeprefix("_dmarc.")
    found = []
    for uri in filter(None, policy.get("rua", "").split(",")):
        host = uri.partition("!")[0].rpartition("@")[2].strip().lower()
        if not host or nearest(domain, {host}) or nearest(host, {domain}):
            continue
        name = f"{domain}._report._dmarc.{host}"
        if not tags.of_version(asker.ask(name, "TXT"), "DMARC1").records:
            found.append(
                f"reports to {host} are not sent: it must publish {name}. IN TXT"
                ' "v=DMARC1"'
            )
    return found


DMARC = Kind("DMARC", "TXT", check, begins="v=DMARC1")
