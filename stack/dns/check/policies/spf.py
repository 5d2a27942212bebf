"""Checks who may send for a domain: pyspf evaluates the record (RFC 7208)."""

import re
from dataclasses import replace
from typing import Any

import dns.exception
import dns.name
import spf

from stack.accounts.addresses import nearest
from stack.dns.check.facts import Facts
from stack.dns.check.finding import Finding, Subject
from stack.dns.check.kind import Kind
from stack.dns.lookup.answers import Answer, SilentError
from stack.dns.lookup.asker import Asker

RECORD = re.compile("v=spf1( |$)", re.IGNORECASE)

# No host has this address (RFC 1122 §3.2.1.3), so no part of a record names it alone.
# The record is evaluated to its end then: that shows each of its faults.
STRANGER = "0.0.0.1"

# Of the ten look-ups (§4.6.4). The next include: may have several of its own.
MANY_LOOKUPS = 9


def check(subject: Subject, facts: Facts, asker: Asker) -> Finding:
    """A record is right if it lets us send, and strangers not."""
    found = _records(asker.ask(subject.name, "TXT"))
    if not found.records:
        return subject.missing(
            "receivers can't tell our mail from forged: publish it", found
        )
    if len(found.records) > 1:
        return subject.wrong(
            found, "more than one record is an error to receivers: leave one of them"
        )
    text = found.texts[0]
    stranger = _Query(STRANGER, subject.name, facts, asker)
    verdict, _, details = stranger.check(text)
    if verdict == "temperror":
        return subject.unknown(f"{details}: try again")
    if verdict == "permerror":
        return subject.wrong(
            found, f"{_words(details)}: correct it, or publish this one"
        )
    if verdict == "pass":
        return subject.wrong(found, "lets anybody send: end it with -all or ~all")
    refused = _refused(subject, facts, asker, text)
    if refused:
        return _refusing(subject, found, ", ".join(refused))
    return _weighed(subject, facts, found, stranger.lookups, verdict)


def _weighed(
    subject: Subject, facts: Facts, found: Answer, lookups: int, verdict: str
) -> Finding:
    """Judge a record that lets us send."""
    if verdict not in ("fail", "softfail"):
        return subject.warning(
            found, "says nothing of strangers: end it with -all or ~all"
        )
    if lookups >= MANY_LOOKUPS:
        return subject.warning(
            found, f"takes {lookups} of the ten look-ups that receivers do: shorten it"
        )
    if relay := facts.relays.get(subject.name):
        return subject.ok(found, f"whether it lets {relay} send is not checked")
    if not facts.addresses:
        return subject.ok(
            found, "whether it lets us send is not checked: PUBLIC_IPV4 is not in .env"
        )
    own = "" if _is_ours(subject, found) else "a record of your own, by which we pass"
    return subject.ok(found, own)


def _refusing(subject: Subject, found: Answer, addresses: str) -> Finding:
    """Return what to do about a record by which our *addresses* may not send."""
    problem = f"doesn't let this server send from {addresses}"
    if _is_ours(subject, found):
        return subject.wrong(
            found, f"{problem}: mend the MX, A and AAAA records that it goes by"
        )
    ours = " ".join(subject.wanted[0].value.split()[1:-1])
    return subject.wrong(found, f"{problem}: add {ours} to it, or publish this one")


def _refused(subject: Subject, facts: Facts, asker: Asker, text: str) -> list[str]:
    """Return which of our addresses the record *text* doesn't let send."""
    if subject.name in facts.relays:
        return []
    addresses = [str(each) for each in facts.addresses]
    verdicts = [_Query(a, subject.name, facts, asker).check(text)[0] for a in addresses]
    return [
        a for a, verdict in zip(addresses, verdicts, strict=True) if verdict != "pass"
    ]


def _is_ours(subject: Subject, found: Answer) -> bool:
    return found.texts[0].split() == subject.wanted[0].value.split()


def _records(found: Answer) -> Answer:
    kept = [
        record
        for record, text in zip(found.records, found.texts, strict=True)
        if RECORD.match(text)
    ]
    return replace(found, records=tuple(kept))


def _words(details: str) -> str:
    return details.removeprefix("SPF Permanent Error: ")


class _Query(spf.query):
    """
    An evaluation of pyspf whose look-ups are ours.

    pyspf limits the look-ups to ten, and those without an answer to two.
    """

    def __init__(self, client: str, domain: str, facts: Facts, asker: Asker) -> None:
        super().__init__(client, f"postmaster@{domain}", facts.hostname)
        self._ours = facts.domains | {facts.hostname}
        self._asker = asker

    def dns(
        self,
        name: str,
        kind: str,
        cnames: dict[str, str] | None = None,
        ignore_void: bool = False,
    ) -> list[object]:
        found = self._look_up(str(name).removesuffix("."), kind)
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("more than two look-ups have no answer")
        return found

    def _look_up(self, name: str, kind: str) -> list[object]:
        # What others let send is not ours to look for in each of their servers.
        is_ours = nearest(name.lower(), self._ours)
        try:
            # A record of others may lead to anything.
            dns.name.from_text(name)
            found = (self._asker.ask if is_ours else self._asker.resolve)(name, kind)
        except (dns.exception.SyntaxError, dns.exception.FormError):
            return []
        except SilentError as error:
            raise spf.TempError(f"{name}: {error}") from None
        return [_plain(record, kind) for record in found.records]

    def get_explanation(self, spec: str) -> None:
        """Skip the explanation: nobody is shown a text of others."""


def _plain(record: Any, kind: str) -> object:
    """Return *record* in the form that pyspf expects."""
    if kind == "TXT":
        return list(record.strings)
    if kind == "MX":
        return record.preference, record.exchange.to_text(True)
    if kind == "PTR":
        return record.target.to_text(True)
    return record.address


SPF = Kind("SPF", "TXT", check, begins="v=spf1")
