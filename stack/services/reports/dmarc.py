"""Who sends as our domains, by the DMARC reports of others."""

from collections.abc import Collection
from dataclasses import dataclass, field

from stack.config.settings import Settings
from stack.services.reports.database import Reader

MESSAGES = """
    SELECT header_from, source, disposition, dkim, spf, amount, reporter
    FROM messages JOIN selected ON selected.id = messages.report
"""


@dataclass
class Sender:
    """The messages that show *domain* as author and came from the address *source*."""

    domain: str
    source: str
    ours: bool
    """Whether that is an address of this server or its relay, as far as .env tells."""
    messages: int = 0
    dkim: int = 0
    """Those that a signature of the domain proves."""
    spf: int = 0
    """Those that SPF proves."""
    unproven: int = 0
    """Those that neither proves."""
    quarantined: int = 0
    """Those that the receiver took for doubtful, for DMARC's sake."""
    rejected: int = 0
    reporters: list[str] = field(default_factory=list)

    def count(
        self, disposition: str, dkim: bool, spf: bool, amount: int, reporter: str
    ) -> None:
        """Add a row of a report."""
        self.messages += amount
        self.dkim += amount if dkim else 0
        self.spf += amount if spf else 0
        self.unproven += 0 if dkim or spf else amount
        self.quarantined += amount if disposition == "quarantine" else 0
        self.rejected += amount if disposition == "reject" else 0
        if reporter not in self.reporters:
            self.reporters.append(reporter)


def own_addresses(settings: Settings) -> set[str]:
    """Return the addresses that our mail leaves from, as far as *settings* tell."""
    relays = [settings.relay_host, *(each.relay for each in settings.relay_by_domain)]
    own = {str(each) for each in (settings.public_ipv4, settings.public_ipv6) if each}
    return own | {each.host for each in relays if each and each.is_address}


def senders(reader: Reader, own: Collection[str]) -> list[Sender]:
    """Return who sent as our domains, most messages first; *own* addresses are ours."""
    found: dict[tuple[str, str], Sender] = {}
    for domain, source, *row in reader.rows("dmarc", MESSAGES):
        sender = found.setdefault(
            (domain, source), Sender(domain, source, source in own)
        )
        sender.count(*row)
    return sorted(found.values(), key=lambda each: (-each.messages, each.source))
