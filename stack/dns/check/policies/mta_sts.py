"""Checks the record that announces our MTA-STS policy (RFC 8461 §3.1)."""

from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.check.kind import Kind
from stack.dns.check.policies import tags
from stack.dns.lookup.answers import plain
from stack.dns.lookup.asker import Asker
from stack.services.web import mta_sts


def check(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """The record must have the id of our policy, and what that demands must hold."""
    found = tags.of_version(asker.ask(subject.name, "TXT"), "STSv1")
    if not found.records:
        return subject.missing("nobody looks for the policy: publish it")
    if len(found.records) > 1:
        return subject.wrong(found, "more than one record counts as none: leave one")
    announced = tags.read(found.texts[0]) or {}
    wanted = tags.read(subject.wanted[0].value) or {}
    if announced.get("id") != wanted["id"]:
        return subject.wrong(
            found,
            "announces another policy, so senders keep the one that they know: publish"
            " this one",
        )
    policy = mta_sts.fields(facts.policy)
    (mode,) = policy["mode"]
    flaw = _flaw(subject, policy["mx"], facts, asker) if mode != "none" else ""
    if not flaw:
        return subject.ok(found, f"mode {mode}")
    if mode == "enforce":
        return subject.wrong(found, f"{flaw}; until then they deliver no mail")
    return subject.warning(found, flaw)


def _flaw(subject: Subject, allowed: list[str], facts: Facts, asker: Asker) -> str:
    """Return why senders that obey the policy could not deliver."""
    hosts = {plain(each.exchange) for each in asker.ask(subject.domain, "MX").records}
    if others := sorted(hosts - set(allowed)):
        return (
            f"the MX record names {', '.join(others)}, where the policy allows senders"
            " to deliver nothing: remove it"
        )
    if not facts.is_trusted():
        return (
            f"the certificate for {facts.hostname} on port 25 is not one that senders"
            " trust, as the policy demands: `stack cert issue`"
        )
    return ""


MTA_STS = Kind("MTA-STS", "TXT", check, begins="v=STSv1")
