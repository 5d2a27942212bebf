"""All keys of a domain, and what the operator is to do about them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from stack.dns.dkim import keys, rotation, state
from stack.dns.dkim.state import DomainKeys

# Of the last one, the record is to be removed from the DNS.
Phase = Literal["next", "signing", "retired", "remove"]


@dataclass(frozen=True)
class Key:
    """One key of a domain."""

    selector: str
    name: str
    """That of its DNS record, without the last dot."""
    phase: Phase
    since: datetime | None
    """Since when it is in this phase, in UTC; None: not recorded."""
    record: str
    """The text of its DNS record."""

    @property
    def algorithm(self) -> str:
        """What stands in the record (RFC 6376 §3.6.1, RFC 8463 §4): rsa or ed25519."""
        return self.selector.partition("-")[0]

    @property
    def bits(self) -> int:
        """The length of the key."""
        return keys.bits(self.record)


def of(directory: Path, domain: str, now: datetime) -> list[Key]:
    """
    Return the keys of *domain*, those that sign first.

    Raises:
        UnableError: When a key that signs, or is next, can't be read.
    """
    known, home = state.load(directory, domain), directory / domain
    over = rotation.removable(directory, domain, known, now)
    phases: list[tuple[Phase, datetime | None, dict[str, str]]] = [
        ("signing", known.signing.since, known.signing.records_of(home))
    ]
    if known.next:
        phases.append(("next", known.next.since, known.next.records_of(home)))
    for pair in known.retired:
        phase: Phase = "remove" if pair in over else "retired"
        phases.append((phase, pair.since, pair.records))
    return [
        Key(
            selector,
            state.record_name(selector, domain),
            phase,
            since,
            records[selector],
        )
        for phase, since, records in phases
        for selector in records
    ]


def to_do(
    directory: Path, domain: str, known: DomainKeys, now: datetime
) -> Iterator[str]:
    """Yield what the operator is to do for the rotation of *domain*, if anything."""
    if known.next:
        names = " and ".join(known.next.names(domain))
        yield f"publish {names}, then `stack dkim rotate {domain}`"
    if rotation.kept_private_keys(directory, domain, known):
        yield (
            "the signer has not been seen to use its new keys: run `stack init` while"
            " it is up"
        )
    for pair in rotation.removable(directory, domain, known, now):
        names = " and ".join(pair.names(domain))
        yield f"remove {names} from the DNS: nobody needs them any more"
