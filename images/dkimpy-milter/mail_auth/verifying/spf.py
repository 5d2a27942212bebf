"""Checks SPF (RFC 7208): pyspf evaluates records, our resolver looks them up."""

from typing import NamedTuple

import spf

from mail_auth.dns.domain_names import a_labels
from mail_auth.dns.resolver import Resolver, UnansweredError
from mail_auth.headers import authentication_results
from mail_auth.milter import log

# Octets. A stranger writes the record: this bounds the work that it causes. Answers
# should fit into 512 octets (section 3.4).
_LONGEST_RECORD = 4096

_REASONS = {
    "pass": "the domain names this client",
    "fail": "the domain says that others send for it, and not this client",
    "softfail": "the domain says that probably others send for it",
    "neutral": "the domain says nothing of this client",
    "none": "the domain has no SPF record",
    "temperror": "the name servers did not answer",
    "permerror": "the domain's SPF record can't be used",
}


class SPFVerdict(NamedTuple):
    """An SPF result (RFC 7208, section 2.6), and the domain that it is about."""

    result: str
    domain: str
    """The domain that was checked, in lower case; empty if there is none."""

    identity: str
    """The identity that was checked, as Authentication-Results shows it."""

    def __str__(self) -> str:
        return f"spf={self.result} ({_REASONS[self.result]}){self.identity}"


def check(client: str, helo: str, sender: str, resolver: Resolver) -> SPFVerdict:
    """
    Return the verdict on the MAIL FROM identity (sections 2.4 and 4.3).

    Args:
        client: The IP address of who sends; empty if it isn't known.
        helo: How the client calls itself.
        sender: The address in MAIL FROM; if it is empty, postmaster at *helo* counts.
        resolver: For all look-ups.
    """
    local, _, name = (sender or f"postmaster@{helo}").rpartition("@")
    domain = authentication_results.plain_domain(a_labels(name))
    identity = _identity(domain, sender)
    if not (client and domain):
        return SPFVerdict("none", domain, identity)
    query = _Query(client, helo, local or "postmaster", domain, resolver)
    try:
        result, _, details = query.check()
    except Exception:
        log.fault("an SPF record could not be processed")
        return SPFVerdict("permerror", domain, identity)
    if result == "permerror":
        log.line(f"SPF of {domain}: {details}")
    return SPFVerdict(result, domain, identity)


def _identity(domain: str, sender: str) -> str:
    if not domain:
        return ""
    if not sender:
        return f" smtp.helo={domain}"
    return f" smtp.mailfrom={authentication_results.plain_address(sender) or domain}"


class _Query(spf.query):
    """
    A check of pyspf whose look-ups are ours.

    pyspf still limits the look-ups to ten, and those without an answer to two; beyond
    that the result is permerror (section 4.6.4).
    """

    def __init__(
        self, client: str, helo: str, local: str, domain: str, resolver: Resolver
    ) -> None:
        super().__init__(client, f"{local}@{domain}", helo)
        # pyspf would take what follows the first @, which may be in quotes.
        self.l, self.o, self.d = local, domain, domain
        self._resolver = resolver

    def dns(
        self,
        name: str,
        kind: str,
        cnames: dict[str, str] | None = None,
        ignore_void: bool = False,
    ) -> list[object]:
        try:
            found = self._resolver.look_up(str(name), kind).records
        except UnansweredError as error:
            # A reverse look-up that fails counts as no name (section 5.5).
            if kind != "PTR":
                raise spf.TempError(str(error)) from None
            found = []
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many look-ups without an answer")
        return [[record] for record in found] if kind == "TXT" else list(found)

    def dns_spf(self, domain: str) -> str | None:
        record = super().dns_spf(domain)
        if record and len(record) > _LONGEST_RECORD:
            raise spf.PermError("the record is too long")
        return record

    def get_explanation(self, spec: str) -> None:
        """Skip the explanation: nobody is shown a stranger's text."""
