"""What name servers answer, in a form that is compared and shown."""

from dataclasses import dataclass
from typing import Any

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype


class SilentError(Exception):
    """Neither the name servers of a zone nor the resolver have answered."""


@dataclass(frozen=True)
class Answer:
    """What some name servers say of one name and type; no records: there are none."""

    records: tuple[Any, ...] = ()
    """Their data (dns.rdata.Rdata), sorted: so equal answers are equal."""
    servers: tuple[str, ...] = ()
    """The name servers that say so; empty: the resolver does."""
    alias: str = ""
    """Where a CNAME of the name leads to, without the last dot; empty: it has none."""

    @property
    def texts(self) -> tuple[str, ...]:
        """Each record as people write it: a TXT in one piece, no dot at the end."""
        return tuple(map(text_of, self.records))


@dataclass(frozen=True)
class Reply:
    """What one server says: its records, or the name at which others have them."""

    records: tuple[Any, ...]
    alias: str = ""
    leads_away: bool = False
    """Whether the server has an alias, and no records for the name it leads to."""


def read(message: dns.message.Message, kind: dns.rdatatype.RdataType) -> Reply | None:
    """Return what *message* says, or None if it is no answer at all."""
    if message.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return None
    name = message.question[0].name
    target = name if kind == dns.rdatatype.CNAME else _end_of_chain(message, name)
    found = message.get_rrset(message.answer, target, message.question[0].rdclass, kind)
    alias = plain(target) if target != name else ""
    records = tuple(sorted(found)) if found else ()
    return Reply(records, alias, bool(alias and not records))


def plain(name: dns.name.Name) -> str:
    """Return *name* as `Record.name` has it: in lower case, without the last dot."""
    return str(name.to_text(omit_final_dot=True)).lower()


def text_of(record: Any) -> str:
    """Return the data of *record* as `Record.value` has it."""
    if record.rdtype == dns.rdatatype.TXT:
        text: bytes = b"".join(record.strings)
        return text.decode(errors="replace")
    written = str(record.to_text())
    # A dot alone is the name of nobody, as in MX 0 . (RFC 7505).
    return written if written.endswith(" .") else written.removesuffix(".")


def _end_of_chain(message: dns.message.Message, name: dns.name.Name) -> dns.name.Name:
    """Follow the CNAME records in *message*, each once."""
    aliases = {
        rrset.name: rrset[0].target
        for rrset in message.answer
        if rrset.rdtype == dns.rdatatype.CNAME
    }
    while name in aliases:
        name = aliases.pop(name)
    return name
