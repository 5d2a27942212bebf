"""Checks the name that an address has in the reverse DNS, and that it leads back."""

import dns.name
import dns.reversename

from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.check.kind import Kind
from stack.dns.lookup.asker import Asker

ASK = "ask the provider of the address for the record"


def check(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """Many servers refuse mail from an address whose name doesn't lead back to it."""
    found = asker.ask(subject.name, "PTR")
    address = dns.reversename.to_address(dns.name.from_text(subject.name))
    if not found.records:
        return subject.missing(f"many servers refuse mail from {address}: {ASK}", found)
    names = [name.lower() for name in found.texts]
    confirmed = [name for name in names if address in _addresses(name, address, asker)]
    if not confirmed:
        return subject.wrong(
            found,
            f"{', '.join(names)} doesn't lead back to {address}, so many servers refuse"
            f" our mail: {ASK}, and see that the name has this address",
        )
    if facts.hostname not in confirmed:
        return subject.warning(
            found,
            f"leads back to {address}, but some servers want the name that we call"
            f" ourselves by: {ASK}",
        )
    return subject.ok(found, "leads back to the address")


def _addresses(name: str, address: str, asker: Asker) -> tuple[str, ...]:
    return asker.ask(name, "AAAA" if ":" in address else "A").texts


PTR = Kind("PTR", "PTR", check)
