"""Checks the TLSA records of port 25 against the certificates that it serves."""

from stack.dns import tlsa
from stack.dns.check.facts import Chains, Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.check.kind import Kind
from stack.dns.lookup.answers import Answer
from stack.dns.lookup.asker import Asker

UNSIGNED = (
    "the resolver finds no valid signature (DNSSEC) in the zone, so the record has no"
    " effect"
)


def check(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """Servers that check DANE deliver nothing to a key that no record names."""
    found = asker.ask(subject.name, "TLSA")
    signed = asker.is_signed(subject.name)
    if not found.records:
        return _none(subject, found, signed)
    chains = facts.served()
    if not _fits(subject, chains, found):
        return subject.wrong(
            found,
            "not each certificate that port 25 serves has a record, so servers that"
            " check DANE deliver no mail here: publish it beside those that fit",
        )
    if not signed:
        return subject.warning(
            found, f"{UNSIGNED}: have the zone signed, or remove the record"
        )
    lacking = [each for each in subject.wanted if each.value not in found.texts]
    if chains and len(subject.wanted) > len(chains) and lacking:
        return subject.instead(*lacking).warning(
            found, "a certificate with a new key waits for its record: publish it, too"
        )
    if not chains:
        return subject.ok(found, "port 25 does not answer: compared with var/tls")
    return subject.ok(found)


def _none(subject: Subject, found: Answer, signed: bool) -> Finding:
    if signed:
        return subject.warning(
            found,
            "the zone is signed (DNSSEC): with this record, servers that check DANE"
            " deliver to this server alone",
        )
    return subject.ok(found, "none is wanted: to the resolver, the zone is not signed")


def _fits(subject: Subject, chains: Chains, found: Answer) -> bool:
    if not chains:
        return any(each.value in found.texts for each in subject.wanted)
    records = [
        tlsa.Tlsa(each.usage, each.selector, each.mtype, each.cert)
        for each in found.records
    ]
    return all(any(each.fits(chain) for each in records) for chain in chains)


TLSA = Kind("TLSA", "TLSA", check)
